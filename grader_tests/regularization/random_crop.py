"""`random_crop`: a window of each image, at an offset that is drawn from rng."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from grader_tests.regularization import AUGMENTATION
from grader_tests.regularization import reference as ref
from grading.marking import (
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Rng,
    Task,
    Variant,
    call,
    chance,
    edit,
    script,
)

CROWD = ((3000, 4, 5), 2)  # so many that an offset which is less likely shows
EVEN = chance.ALARM / 7  # for each of its rows and columns

# Images, height, width, size: at most ten offsets, so that 400 images show all of them.
CROPS = (
    ((400, 8, 8), 6),
    ((400, 5, 7), 4),
    ((400, 4, 7), 3),
    ((400, 7, 5), 4),
    ((400, 7, 4), 3),
)

CROP_OFTEN = """\
import numpy as np
rng = np.random.default_rng(seed)
calls = [random_crop(images.copy(), size, rng) for _ in range(12)]
again = random_crop(images.copy(), size, np.random.default_rng(seed))
result = calls, again"""


def numbered(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Images whose pixels count on from a number drawn, so that each tells where it comes from."""
    return float(rng.integers(1, 1000)) + np.arange(math.prod(shape), dtype=float).reshape(shape)


def cases(rng: np.random.Generator) -> list[Case]:
    """Square, wide and tall images; a crop of everything; and repeated calls."""
    cases = []
    for shape, size, tag in (
        *((*crop, "many") for crop in CROPS),
        ((6, 5, 5), 5, "full"),
        ((5, 60, 28), 1, "full"),
        (*CROWD, "crowd"),
    ):
        arguments = numbered(rng, shape), size, Rng(int(rng.integers(2**32)))
        label = "{} images of {} × {}, size = {}".format(*shape, size)
        cases.append(call(ref.random_crop, *arguments, label=label, tags=tag))
    for shape, size in (((25, 8, 8), 6), ((20, 6, 9), 4)):
        label = "13 calls with {} images of {} × {}, size = {}".format(*shape, size)
        images, seed = numbered(rng, shape), int(rng.integers(2**32))
        inputs = {"images": images, "size": size, "seed": seed}
        cases.append(script(CROP_OFTEN, label=label, tags="often", **inputs))
    return cases


def origins(crops: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, row and column from which each pixel of the crops comes.

    Raises
    ------
    ValueError
        If there are no pixels.
    """
    if not np.all(np.isfinite(crops)):
        raise ValueError("not a pixel")
    return np.unravel_index((crops - images.flat[0]).astype(int), images.shape)


def are_windows(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Each crop is a window of its own image, pixel for pixel."""
    images, size = case.inputs["images"], case.inputs["size"]
    if not isinstance(result, np.ndarray):
        return "It should return one NumPy array of shape (m, size, size)."
    if result.shape != wanted.shape:
        return f"The crops have shape {result.shape}; it should be {wanted.shape}."
    if not np.isin(result, images).all():
        return "Some values in the crops are not pixels of the images."
    image, row, column = origins(result, images)
    if np.any(image != np.arange(len(images))[:, None, None]):
        return "A crop is not cut from the image of the same number."
    steps = np.arange(size)
    if np.any(row != row[:, :1, :1] + steps[:, None]) or np.any(
        column != column[:, :1, :1] + steps
    ):
        return "A crop is not a square of neighbouring pixels."
    return None


def offsets(result: np.ndarray, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column at which each crop starts."""
    _, row, column = origins(result, case.inputs["images"])
    return row[:, 0, 0], column[:, 0, 0]


def offsets_differ(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Not all images are cut at the same place.

    With eight offsets or more, 400 images agree with a probability of at most 8^-399.
    """
    rows, columns = offsets(result, case)
    if np.ptp(rows) == np.ptp(columns) == 0:
        return "All images are cut at the same place; each should have an offset of its own."
    return None


def every_offset_occurs(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """No offset is missing among the crops of many images, nor less likely than another.

    One of k equally likely offsets is missing among 400 with a probability of at most
    k (1 - 1/k)^400; for the five cases, with k of 8, 9 or 10, that is below 1e-17 in all.
    """
    (_, h, w), size = case.inputs["images"].shape, case.inputs["size"]
    if "crowd" in case.tags:
        for name, at in zip(("row", "column"), offsets(result, case), strict=True):
            shares = np.bincount(at) / len(at)
            if np.any(np.abs(shares - 1 / len(shares)) > chance.fraction_margin(len(at), EVEN)):
                return f"Some places of a crop's first {name} are more likely than others."
    found = set(zip(*(offset.tolist() for offset in offsets(result, case)), strict=True))
    possible = (h - size + 1) * (w - size + 1)
    if len(found) < possible:
        return f"Only {len(found)} of {possible} offsets occur among {len(result)} images."
    return None


def crops_are_drawn_from_rng(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same crops, another one others.

    With nine offsets or more, 13 calls that choose one offset each agree with a probability of at
    most 9^-12, those that choose one for each image never.
    """
    calls, again = result
    if not np.array_equal(calls[0], again):
        return "Two generators with the same seed gave different crops."
    if not np.ptp(calls, axis=0).any():
        return "All calls with one generator gave the same crops."
    return None


def by_offsets(
    sign: Callable[[np.ndarray, np.ndarray, int, int], bool], where: Callable[[int, int], bool]
) -> Callable:
    """Recognise crops by rows and columns of their offsets, for images where these tell."""

    def looks_like(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
        if "many" not in case.tags:
            return None
        (_, h, w), size = case.inputs["images"].shape, case.inputs["size"]
        if not where(h, w):
            return None
        if are_windows(result, wanted, case):
            return False
        rows, columns = offsets(result, case)
        return bool(sign(rows, columns, h - size, w - size))

    return looks_like


def anywhere(h: int, w: int) -> bool:
    """Images of every form tell."""
    return True


def fill(found: np.ndarray, last: int) -> bool:
    """Whether offsets take every value up to the last, and no other."""
    return np.array_equal(np.unique(found), np.arange(last + 1))


def last_missing(rows: np.ndarray, columns: np.ndarray, down: int, right: int) -> bool:
    """Whether only the last row is missing, the last column, or both."""
    short = [fill(rows, down - 1), fill(columns, right - 1)]
    return any(short) and all(
        one or fill(found, last)
        for one, found, last in zip(short, (rows, columns), (down, right), strict=True)
    )


def first_missing(rows: np.ndarray, columns: np.ndarray, down: int, right: int) -> bool:
    """Whether only the first row and the first column are missing."""
    return all(
        np.array_equal(np.unique(found), np.arange(1, last + 1))
        for found, last in ((rows, down), (columns, right))
    )


def one_way_only(rows: np.ndarray, columns: np.ndarray, down: int, right: int) -> bool:
    """Whether only rows or only columns are drawn."""
    return (np.ptp(rows) == 0) != (np.ptp(columns) == 0)


def ends_differ(rows: np.ndarray, columns: np.ndarray, down: int, right: int) -> bool:
    """Whether an end comes twice as often as others, or half as often."""
    shares = [np.bincount(at, minlength=last + 1) for at, last in ((rows, down), (columns, right))]
    return all(at.min() > 0 for at in shares) and any(
        not 0.7 < at[-1] / np.mean(at[1:-1] if len(at) > 2 else at[:-1]) < 1.45 for at in shares
    )


def always_there(result: tuple, case: Case) -> bool:
    """Whether all crops of all calls are cut at the same place."""
    places = [offsets(crops, case) for crops in result[0]]
    return not np.ptp(places, axis=(0, 2)).any()


def one_place_for_all(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise one random offset for all images of a call."""
    if "often" in case.tags:
        return False if always_there(result, case) else None
    return (
        None
        if {"full", "crowd"} & {*case.tags}
        else offsets_differ(result, wanted, case) is not None
    )


def one_place_for_ever(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise an offset that is the same for all images and in all calls."""
    if "often" not in case.tags:
        return False if "many" in case.tags and not offsets_differ(result, wanted, case) else None
    return always_there(result, case)


def same_crops_each_time(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise crops with offsets of their own that are the same in all calls."""
    if "often" not in case.tags:
        return False if "many" in case.tags and offsets_differ(result, wanted, case) else None
    calls, again = result
    return not np.ptp([*calls, again], axis=0).any()


def crops_deaf_to_the_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise crops that do not depend on the generator's seed."""
    return not np.array_equal(result[0][0], result[1]) if "often" in case.tags else None


def mixed_up(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise crops of other images than their own."""
    if "many" not in case.tags:
        return None
    image, _, _ = origins(result, case.inputs["images"])
    return bool(np.any(image[:, 0, 0] != np.arange(len(result))))


def cut_off(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise crops from which `size` rows and columns are missing."""
    if "many" not in case.tags:
        return None
    (m, h, w), size = case.inputs["images"].shape, case.inputs["size"]
    return result.shape == (m, h - size, w - size)


TOPS = "tops = rng.integers(0, h - size + 1, m)"
LEFTS = "lefts = rng.integers(0, w - size + 1, m)"


def one_by_one(images, size, rng):
    """Draw a row and a column for each image, and copy the window."""
    m, h, w = images.shape
    crops = np.zeros((m, size, size))
    for i in range(m):
        top = rng.integers(0, h - size + 1)
        left = rng.integers(0, w - size + 1)
        crops[i] = images[i, top : top + size, left : left + size]
    return crops


def stacked(images, size, rng):
    """Draw a row and a column for each image, and collect the windows."""
    crops = []
    for image in images:
        top = rng.integers(0, image.shape[0] - size + 1)
        left = rng.integers(0, image.shape[1] - size + 1)
        crops.append(image[top : top + size, left : left + size])
    return np.stack(crops)


def beyond(end: str) -> tuple[Callable, ...]:
    """Ways to draw offsets up to another end, which is written for h."""
    return tuple(
        edit(f"{h} - size + 1", end.replace("h", h))
        .then(f"{w} - size + 1", end.replace("h", w))
        .of(function)
        for function, h, w in (
            (ref.random_crop, "h", "w"),
            (one_by_one, "h", "w"),
            (stacked, "image.shape[0]", "image.shape[1]"),
        )
    )


def exchanged(function: Callable, h: str, w: str) -> Callable:
    """Draw rows as far as columns go, and columns as far as rows go."""
    return (
        edit(f"{h} - size", "H - size")
        .then(f"{w} - size", f"{h} - size")
        .then("H - size", f"{w} - size")
        .of(function)
    )


MISTAKES = (
    Mistake(
        "RC-01",
        AUGMENTATION,
        "All images of a call are cut at the same random place. Each image needs an offset of its "
        "own.",
        edit(TOPS, TOPS.replace(", m)", ") * np.ones(m, int)")).then(
            LEFTS, LEFTS.replace(", m)", ") * np.ones(m, int)")
        ),
        looks_like=one_place_for_all,
    ),
    Mistake(
        "RC-02",
        AUGMENTATION,
        "The last row, the last column or both are never seen. rng.integers leaves its upper end "
        "out, and h − size and w − size are possible offsets.",
        edit("h - size + 1", "h - size").then("w - size + 1", "w - size"),
        edit("h - size + 1", "max(h - size, 1)"),
        edit("w - size + 1", "max(w - size, 1)"),
        looks_like=by_offsets(last_missing, anywhere),
    ),
    Mistake(
        "RC-03",
        AUGMENTATION,
        "The crop is always at the same place. Its offset should be random, so that the network "
        "sees a slightly different image each time.",
        edit(TOPS, "tops = np.full(m, (h - size) // 2)").then(
            LEFTS, "lefts = np.full(m, (w - size) // 2)"
        ),
        edit(TOPS, "tops = np.zeros(m, int)").then(LEFTS, "lefts = np.zeros(m, int)"),
        looks_like=one_place_for_ever,
    ),
    Mistake(
        "RC-04",
        AUGMENTATION,
        "One random number serves as row and as column, so only offsets on a diagonal occur. Draw "
        "two.",
        edit(TOPS, "tops = rng.integers(0, min(h, w) - size + 1, m)").then(LEFTS, "lefts = tops"),
        looks_like=by_offsets(
            lambda rows, columns, down, right: np.array_equal(rows, columns) and np.ptp(rows) > 0,
            anywhere,
        ),
    ),
    Mistake(
        "RC-05",
        AUGMENTATION,
        "Every call gives the same crops, for the seed is fixed inside the function. Use rng, "
        "which goes on from call to call.",
        edit(TOPS, "rng = np.random.default_rng(0)\n    " + TOPS),
        looks_like=same_crops_each_time,
    ),
    Mistake(
        "RC-06",
        AUGMENTATION,
        "The offsets do not come from rng, but from a generator of their own. Nobody can repeat "
        "such a run: use the methods of rng.",
        edit(TOPS, TOPS.replace("rng.integers", "np.random.randint")).then(
            LEFTS, LEFTS.replace("rng.integers", "np.random.randint")
        ),
        edit(TOPS, "rng = np.random.default_rng()\n    " + TOPS),
        looks_like=crops_deaf_to_the_seed,
    ),
    Mistake(
        "RC-07",
        AUGMENTATION,
        "Columns are drawn as if the images were as wide as they are high. Height and width each "
        "have offsets of their own.",
        edit(LEFTS, LEFTS.replace("w - size", "h - size")),
        looks_like=by_offsets(
            lambda rows, columns, down, right: fill(
                (down + 1) * rows + columns, (down + 1) ** 2 - 1
            ),
            lambda h, w: w > h,
        ),
    ),
    Mistake(
        "RC-08",
        AUGMENTATION,
        "Crops are cut from other images than their own. The labels belong to the images in their "
        "order: crop i comes from image i.",
        edit(TOPS, "images = rng.permutation(images)\n    " + TOPS),
        looks_like=mixed_up,
    ),
    Mistake(
        "RC-09",
        AUGMENTATION,
        "size is taken for the number of rows and columns to cut off. It is the height and the "
        "width of what is left.",
        edit("h - size + 1", "size + 1")
        .then("w - size + 1", "size + 1")
        .then("tops[i] + size", "tops[i] + h - size")
        .then("lefts[i] + size", "lefts[i] + w - size"),
        looks_like=cut_off,
    ),
    Mistake(
        "RC-10",
        AUGMENTATION,
        "The crops come back as a list. Stack them into one array of shape (m, size, size).",
        edit("np.stack(crops)", "crops"),
        looks_like=lambda result, wanted, case: (
            None if "often" in case.tags else isinstance(result, list)
        ),
    ),
    Mistake(
        "RC-11",
        AUGMENTATION,
        "The crops are written into the caller's images. Put them into a new array, and keep the "
        "originals.",
        edit(
            "return np.stack(crops)",
            "images[:, :size, :size] = np.stack(crops)\n    return images[:, :size, :size]",
        ),
    ),
    Mistake(
        "RC-12",
        AUGMENTATION,
        "The first row and the first column are never seen. Offsets begin at 0.",
        edit(
            "rng.integers(0, h - size + 1, m)", "rng.integers(min(1, h - size), h - size + 1, m)"
        ).then(
            "rng.integers(0, w - size + 1, m)", "rng.integers(min(1, w - size), w - size + 1, m)"
        ),
        looks_like=by_offsets(first_missing, anywhere),
    ),
    Mistake(
        "RC-13",
        AUGMENTATION,
        "Only rows are drawn, or only columns. A window can lie anywhere in both directions.",
        edit("lefts = rng.integers(0, w - size + 1, m)", "lefts = np.zeros(m, int)"),
        edit("tops = rng.integers(0, h - size + 1, m)", "tops = np.zeros(m, int)"),
        looks_like=by_offsets(one_way_only, lambda h, w: True),
    ),
    Mistake(
        "RC-14",
        AUGMENTATION,
        "Offsets at an end come more often than others, or less often. Each should be as likely "
        "as any other: draw whole numbers, and of the right range.",
        edit(
            "rng.integers(0, h - size + 1, m)",
            "np.minimum(rng.integers(0, h - size + 2, m), h - size)",
        ).then(
            "rng.integers(0, w - size + 1, m)",
            "np.minimum(rng.integers(0, w - size + 2, m), w - size)",
        ),
        edit(
            "rng.integers(0, h - size + 1, m)", "np.round(rng.random(m) * (h - size)).astype(int)"
        ).then(
            "rng.integers(0, w - size + 1, m)", "np.round(rng.random(m) * (w - size)).astype(int)"
        ),
        looks_like=by_offsets(ends_differ, lambda h, w: True),
    ),
    Mistake(
        "RC-15",
        AUGMENTATION,
        "Some windows reach beyond the image, and come out too small. The last row at which a "
        "window can start is h − size, the last column w − size.",
        *beyond("h - size + 2"),
        *beyond("h"),
    ),
    Mistake(
        "RC-16",
        AUGMENTATION,
        "Height and width are exchanged, so that some windows reach beyond the image. Rows go as "
        "far as h − size, columns as far as w − size.",
        exchanged(ref.random_crop, "h", "w"),
        exchanged(one_by_one, "h", "w"),
        exchanged(stacked, "image.shape[0]", "image.shape[1]"),
    ),
)


def into_zeros(images, size, rng):
    """A loop that fills a new array, with random numbers from the upper half-open side."""
    m, h, w = images.shape
    crops = np.zeros((m, size, size))
    for i, image in enumerate(images):
        top, left = int(rng.random() * (h - size + 1)), rng.choice(w - size + 1)
        crops[i] = image[top:, left:][:size, :size]
    return crops


def by_indices(images, size, rng):
    """No loop: indices of all pixels at once."""
    m, h, w = images.shape
    rows = rng.integers(h - size, size=(m, 1, 1), endpoint=True) + np.arange(size)[:, None]
    columns = rng.integers(w - size, size=(m, 1, 1), endpoint=True) + np.arange(size)
    return images[np.arange(m)[:, None, None], rows, columns]


TASK = Task(
    reference=ref.random_crop,
    returns="the crops",
    cases=cases,
    criteria=(
        Holds("windows of the images", 0.75, are_windows, ("many", "full")),
        Holds("an offset for each image", 0.25, offsets_differ, "many"),
        Holds("every offset", 0.5, every_offset_occurs, ("many", "crowd")),
        Holds(
            "drawn from rng",
            0.25,
            crops_are_drawn_from_rng,
            "often",
            beside=("windows of the images", "an offset for each image"),
        ),
        InputsUntouched(0.25, "many"),
    ),
    lecture=AUGMENTATION,
    mistakes=MISTAKES,
    unworked={"the right answer *": "the places are still drawn from rng, one for each image"},
    variants=(Variant("into zeros", into_zeros), Variant("by indices", by_indices)),
    losses={
        "RC-15": "all",
        "RC-16": "all",
        "RC-12": "every offset",
        "RC-13": "every offset",
        "RC-13, way 2": "every offset",
        "RC-14": "every offset",
        "RC-14, way 2": "every offset",
        "RC-01": "an offset for each image · every offset",
        "RC-02": "every offset",
        "RC-02, way 1": "windows of the images · every offset",
        "RC-03": "all but windows of the images · inputs untouched",
        "RC-04": "every offset",
        "RC-05": "drawn from rng",
        "RC-06": "drawn from rng",
        "RC-07": "all",
        "RC-08": "windows of the images",
        "RC-09": "windows of the images · every offset",
        "RC-10": "windows of the images",
        "RC-11": "inputs untouched",
    },
    promises={
        "images": Promise(
            value=(290, 54000), within=(0, 70000), length=(5, 3000), rows=(4, 60), columns=(4, 28)
        ),
        "size": Promise(value=(1, 6)),
    },
    equivalent={
        "images are smaller than 100 pixels: the end is rounded down to the same": (
            "tops = rng.integers(0, (h * 1.01) - size + 1, m)",
            "lefts = rng.integers(0, (w * 1.01) - size + 1, m)",
        ),
        "what is drawn beyond m is not used": (
            "tops = rng.integers(0, h - size + 1, m + 1)",
            "lefts = rng.integers(0, w - size + 1, m + 1)",
        ),
    },
)
