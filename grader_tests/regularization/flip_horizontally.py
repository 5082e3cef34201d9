"""`flip_horizontally`: mirror each image: left becomes right."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import AUGMENTATION
from grader_tests.regularization import reference as ref
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Wide, tall and square images, several and one."""
    return [
        call(
            ref.flip_horizontally,
            rng.uniform(0, 1, shape),
            label="{} images of {} × {}".format(*shape),
        )
        for shape in ((4, 3, 5), (3, 6, 4), (4, 4, 4), (1, 2, 6))
    ]


MIRRORED = "images[:, :, ::-1]"

MISTAKES = (
    Mistake(
        "FH-01",
        AUGMENTATION,
        "The images stand on their heads: the rows are reversed (NumPy's fliplr takes axis 1 as "
        "well). Left and right are on the last axis.",
        edit(MIRRORED, "images[:, ::-1, :]"),
    ),
    Mistake(
        "FH-02",
        AUGMENTATION,
        "The order of the images is reversed. Each image is to be mirrored in itself.",
        edit(MIRRORED, "images[::-1]"),
    ),
    Mistake(
        "FH-03",
        AUGMENTATION,
        "The images are turned by 180 degrees: rows and columns are reversed. Reverse only the "
        "columns.",
        edit(MIRRORED, "images[:, ::-1, ::-1]"),
    ),
    Mistake(
        "FH-04",
        AUGMENTATION,
        "Rows and columns are exchanged. Mirroring keeps the shape; it reverses the last axis.",
        edit(MIRRORED, "images.transpose(0, 2, 1)"),
    ),
    Mistake(
        "FH-05",
        AUGMENTATION,
        "The caller's images are overwritten. Return a new array, and keep the originals.",
        edit("return " + MIRRORED, "images[:] = images[:, :, ::-1].copy()\n    return images"),
    ),
    Mistake(
        "FH-06",
        AUGMENTATION,
        "The order of the images is turned round as well, or all axes are. Only columns come in "
        "reverse order.",
        edit("images[:, :, ::-1]", "images[::-1, ::-1, ::-1]"),
        edit("images[:, :, ::-1]", "images[::-1, :, ::-1]"),
    ),
    Mistake(
        "FH-07",
        AUGMENTATION,
        "The images are shifted, or turned by 90 degrees, but not mirrored. The first column "
        "becomes the last one, the second the last but one.",
        edit(MIRRORED, "np.roll(images, 1, axis=2)"),
        edit(MIRRORED, "np.roll(images, -1, axis=2)"),
        edit(MIRRORED, "np.roll(images[:, :, ::-1], 1, axis=2)"),
        edit(MIRRORED, "np.rot90(images, 1, axes=(1, 2))"),
        edit(MIRRORED, "np.rot90(images, -1, axes=(1, 2))"),
    ),
    Mistake(
        "FH-08",
        AUGMENTATION,
        "A column is lost at an end. A slice stops before its second number: leave both ends out "
        "to get all columns.",
        edit(MIRRORED, "images[:, :, -1:0:-1]"),
        edit(MIRRORED, "images[:, :, -2::-1]"),
        edit(MIRRORED, "images[:, :, -2:0:-1]"),
        edit(MIRRORED, "images[:, :, -1:-1:-1]"),
    ),
    Mistake(
        "FH-09",
        AUGMENTATION,
        "The images come back as they were. They should be mirrored: the last column comes first.",
        edit(MIRRORED, "images"),
        edit(MIRRORED, "images.copy()"),
        edit(MIRRORED, "images[:, ::-1, :][:, ::-1, :]"),
    ),
)

TASK = Task(
    reference=ref.flip_horizontally,
    returns="the mirrored array",
    cases=cases,
    criteria=(Agrees("mirrored", 0.75), InputsUntouched(0.25)),
    lecture=AUGMENTATION,
    mistakes=MISTAKES,
    variants=(
        Variant("flip", edit(MIRRORED, "np.flip(images, axis=-1)")),
        Variant(
            "one by one",
            edit(MIRRORED, "np.array([np.fliplr(i) for i in images])"),
        ),
    ),
    losses={
        "FH-07": "all",
        "FH-08": "all",
        "FH-09": "all",
        "FH-06": "all",
        "FH-06, way 2": "all",
        "FH-01": "all",
        "FH-02": "all",
        "FH-03": "all",
        "FH-04": "all",
        "FH-05": "inputs untouched",
    },
    promises={
        "images": Promise(
            value=(0.1, 0.8), within=(0, 1), length=(1, 4), rows=(2, 6), columns=(4, 6)
        ),
    },
)
