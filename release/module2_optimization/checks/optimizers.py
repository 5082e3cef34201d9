"""Visible checks of ``3_optimizers.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def arrays(**entries: list) -> dict[str, np.ndarray]:
    """A dict of float arrays."""
    return {name: np.array(entry, dtype=float) for name, entry in entries.items()}


PARAMETERS = arrays(W1=[[1, 2], [3, 4]], gamma1=[[5], [6]], b2=[[7]])
ZEROS = arrays(dW1=[[0, 0], [0, 0]], dgamma1=[[0], [0]], db2=[[0]])


def new_state() -> dict[str, np.ndarray]:
    """A state before the first step, of two parameters."""
    return arrays(dW1=[[0]], dW2=[[0]])


def one_state(trial: Trial, what: str) -> None:
    """Check an initial state of one dict."""
    state = trial(PARAMETERS)
    trial.agree(what, state, ZEROS)
    floats = all(np.asarray(entry).dtype == float for entry in state.values())
    trial.holds("floats", floats, "The zeros are no floats: a gradient could not be added.")
    state["dW1"] += 1
    other = np.any(state["dgamma1"]) or np.any(state["db2"])
    trial.holds("an array for each entry", not other, "Entries share an array: make one for each.")
    trial(arrays(beta3=[[2, 1, 3]]))


def parameters_first(trial: Trial, moved: dict[str, np.ndarray]) -> None:
    """Check which dict comes first."""
    found = isinstance(moved, dict) and any(name.startswith("dW") for name in moved)
    complaint = "What is returned first has the keys of gradients."
    trial.holds("parameters come first", not found, complaint)


@sheet.question(
    minutes=6,
    ask="What is the average of the gradients before there was one, and which shape does it have?",
    by_hand="A parameter W1 of shape (2, 3) needs an array of shape (2, 3), full of zeros, under "
    "the key dW1.",
)
def initialize_velocity(trial: Trial) -> None:
    one_state(trial, "velocity")


@sheet.question(
    minutes=19,
    ask="In which order are the two lines done, and which velocity does the step go along?",
    by_hand="With beta = 0.75, a velocity of 8, a gradient of 4 and a learning rate of 0.5: "
    "v = 0.75 · 8 + 0.25 · 4 = 7, and the parameter goes down by 0.5 · 7 = 3.5.",
)
def momentum_step(trial: Trial) -> None:
    parameters = arrays(W1=[[1, 2]], gamma1=[[3]], b2=[[0.5]])
    grads = arrays(dW1=[[4, -8]], dgamma1=[[4]], db2=[[2]])
    velocity = arrays(dW1=[[0, 8]], dgamma1=[[4]], db2=[[-2]])
    got = trial(parameters, grads, velocity, 0.5, beta=0.75)
    moved, new = trial.parts(got, "parameters", "velocity")
    parameters_first(trial, moved)
    trial.agree("velocity", new, arrays(dW1=[[1, 4]], dgamma1=[[4]], db2=[[-1]]))
    trial.agree("parameters", moved, arrays(W1=[[0.5, 0]], gamma1=[[1]], b2=[[1]]))
    moved, new = trial(arrays(W1=[[1]], W2=[[2]]), arrays(dW1=[[3]], dW2=[[5]]), new_state(), 0.25)
    trial.agree("velocity, with beta at its default", new, arrays(dW1=[[0.3]], dW2=[[0.5]]))
    trial.agree("parameters, with beta at its default", moved, arrays(W1=[[0.925]], W2=[[1.875]]))


@sheet.question(
    minutes=6,
    ask="Which keys does the state have: those of the parameters, or those of the gradients?",
    by_hand="A parameter b2 of shape (1, 1) needs an array [[0.0]] under the key db2.",
)
def initialize_rmsprop(trial: Trial) -> None:
    one_state(trial, "s")


@sheet.question(
    minutes=20,
    ask="Which of the two is under the root, and what stands outside of it?",
    by_hand="With beta2 = 0.75, s = 0, a gradient of 4 and epsilon = 2: s = 0.25 · 16 = 4 has the "
    "root 2, and with a learning rate of 0.5 the step is 0.5 · 4 / (2 + 2) = 0.5.",
)
def rmsprop_step(trial: Trial) -> None:
    parameters = arrays(W1=[[1, 2]], gamma1=[[3]], b2=[[0.5]])
    grads = arrays(dW1=[[4, -6]], dgamma1=[[0]], db2=[[2]])
    s = arrays(dW1=[[0, 0]], dgamma1=[[0]], db2=[[20]])
    moved, new = trial.parts(
        trial(parameters, grads, s, 0.5, beta2=0.75, epsilon=2.0), "parameters", "s"
    )
    parameters_first(trial, moved)
    trial.agree("s", new, arrays(dW1=[[4, 9]], dgamma1=[[0]], db2=[[16]]))
    trial.agree("parameters", moved, arrays(W1=[[0.5, 2.6]], gamma1=[[3]], b2=[[1 / 3]]))
    moved, new = trial(
        arrays(W1=[[1]], W2=[[2]]), arrays(dW1=[[1e-8]], dW2=[[10]]), new_state(), 0.1
    )
    trial.agree("s, with the defaults", new, arrays(dW1=[[1e-17]], dW2=[[10]]), atol=1e-20)
    right = arrays(W1=[[0.924025]], W2=[[1.683772]])
    trial.agree("parameters, with the defaults", moved, right)


@sheet.question(
    minutes=7,
    ask="If one of the two dictionaries changes later, does the other?",
    by_hand="For one parameter b1 of shape (1, 1) there are two dictionaries, each with db1: "
    "[[0.0]], and two arrays.",
)
def initialize_adam(trial: Trial) -> None:
    v, s = trial.parts(trial(PARAMETERS), "v", "s")
    trial.agree("v", v, ZEROS)
    trial.agree("s", s, ZEROS)
    floats = all(np.asarray(entry).dtype == float for entry in [*v.values(), *s.values()])
    trial.holds("floats", floats, "The zeros are no floats: a gradient could not be added.")
    v["dW1"] += 1
    trial.holds(
        "a dict and arrays of its own for each",
        not np.any(s["dW1"]),
        "v and s share an array or are one dict: make two of all.",
    )
    trial(arrays(beta3=[[2, 1, 3]]))


@sheet.question(
    minutes=27,
    ask="What is returned, the averages or the corrected averages, and which of them makes the step?",
    by_hand="With beta1 = 0.5 and t = 2, v = 3 is corrected by 1 − 0.5² = 0.75 to 4. With "
    "beta2 = 0.75, s = 7 is corrected by 1 − 0.75² = 7/16 to 16. With epsilon = 1 and a learning "
    "rate of 0.5 the step is 0.5 · 4 / (4 + 1) = 0.4.",
)
def adam_step(trial: Trial) -> None:
    parameters = arrays(W1=[[1, 2]], gamma1=[[3]], b2=[[0.5]])
    grads = arrays(dW1=[[4, -8]], dgamma1=[[0]], db2=[[2]])
    v = arrays(dW1=[[3.5, -5.5]], dgamma1=[[0]], db2=[[5.5]])
    s = arrays(dW1=[[4, 16]], dgamma1=[[0]], db2=[[8]])
    settings = {"learning_rate": 0.5, "beta1": 0.5, "beta2": 0.75, "epsilon": 1.0}
    got = trial(parameters, grads, v, s, 2, **settings)
    moved, new_v, new_s = trial.parts(got, "parameters", "v", "s")
    parameters_first(trial, moved)
    trial.agree("v", new_v, arrays(dW1=[[3.75, -6.75]], dgamma1=[[0]], db2=[[3.75]]))
    trial.agree("s", new_s, arrays(dW1=[[7, 28]], dgamma1=[[0]], db2=[[7]]))
    trial.agree("parameters", moved, arrays(W1=[[0.5, 2.5]], gamma1=[[3]], b2=[[0]]))
    # v_hat = 3 / (1 - 0.6**3) and s_hat = 5 / (1 - 0.8**3), with the root 3.2009.
    names = ("W1", "b1", "W2")
    moved, _, _ = trial(
        {name: np.ones((1, 1)) for name in names},
        {f"d{name}": np.full((1, 1), 3.0) for name in names},
        {f"d{name}": np.full((1, 1), 3.0) for name in names},
        {f"d{name}": np.full((1, 1), 4.0) for name in names},
        3,
        learning_rate=0.5,
        beta1=0.6,
        beta2=0.8,
        epsilon=1e-3,
    )
    trial.agree("parameters at t = 3", moved, {name: [[0.4024635]] for name in names})
    first = arrays(dW1=[[0, 0, 0]])
    moved, _, _ = trial(arrays(W1=[[0, 0, 0]]), arrays(dW1=[[0.001, -5, 2000]]), first, first, 1)
    right = arrays(W1=[[-0.001, 0.001, -0.001]])
    trial.agree("parameters at t = 1, with the defaults", moved, right, rtol=1e-4)


@sheet.question(
    minutes=21,
    ask="If the gradient were 0 everywhere, where would a step of momentum lead? And from where does "
    "the step start that is taken in the end?",
    by_hand="A parameter of 8 has a velocity of 6; beta = 0.5, the learning rate is 2. Momentum alone "
    "keeps 3 of the velocity and leads to 8 − 2 · 3 = 2. If the gradient there is 4, the velocity is "
    "0.5 · 6 + 0.5 · 4 = 5, and the step leads from 8 to 8 − 2 · 5 = −2.",
)
def nesterov_step(trial: Trial) -> None:
    asked = []

    def gradient(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        asked.append({name: np.array(value) for name, value in parameters.items()})
        all_at_once = {*parameters} == {"W1", "gamma1"}
        told = "gradient needs all parameters at once, under their names, W1 and gamma1."
        trial.holds("gradient is asked about all parameters at once", all_at_once, told)
        both = parameters["W1"][0, 0] + parameters["gamma1"][0, 0]
        return {"dW1": parameters["W1"] * 2, "dgamma1": parameters["gamma1"] * 0 + both}

    parameters = arrays(W1=[[8, -4]], gamma1=[[1]])
    velocity = arrays(dW1=[[6, -2]], dgamma1=[[4]])
    got = trial(gradient, parameters, velocity, 2.0, beta=0.5)
    moved, new = trial.parts(got, "parameters", "velocity")
    parameters_first(trial, moved)
    place = asked[0] if asked else None
    trial.agree("the place of the gradient", place, arrays(W1=[[2, -2]], gamma1=[[-3]]))
    trial.agree("velocity", new, arrays(dW1=[[5, -3]], dgamma1=[[1.5]]))
    trial.agree("parameters", moved, arrays(W1=[[-2, 2]], gamma1=[[-2]]))
    slope = {name: [0, 0, 0, 1, 1][i] for i, name in enumerate("abcde")}
    flat = {name: np.full((1, 1), 3.0) for name in slope}
    velocity = {f"d{name}": np.full((1, 1), 10.0) for name in slope}
    moved, new = trial(
        lambda at: {f"d{name}": slope[name] * value for name, value in at.items()},
        flat,
        velocity,
        0.1,
    )
    right = {name: np.full((1, 1), [2.1, 2.079][slope[name]]) for name in slope}
    trial.agree("parameters, with beta at its default", moved, right)
    right = {f"d{name}": np.full((1, 1), [9, 9.21][slope[name]]) for name in slope}
    trial.agree("velocity, with beta at its default", new, right)


@sheet.question(
    minutes=21,
    ask="Which of the four things that come back would be the same in Adam, and what exactly is "
    "compared with the largest so far?",
    by_hand="With beta2 = 0.75 and t = 2, an s of 7 is corrected to 7 / (1 − 0.75²) = 16. If the "
    "largest so far is 25, it stays 25, and the step is divided by 5 and not by 4. If it is 9, it "
    "becomes 16.",
)
def amsgrad_step(trial: Trial) -> None:
    parameters = arrays(W1=[[1, 2]], gamma1=[[3]], b2=[[0.5]])
    grads = arrays(dW1=[[4, -8]], dgamma1=[[0]], db2=[[2]])
    v = arrays(dW1=[[3.5, -5.5]], dgamma1=[[0]], db2=[[5.5]])
    s = arrays(dW1=[[4, 16]], dgamma1=[[0]], db2=[[8]])
    s_max = arrays(dW1=[[81, 9]], dgamma1=[[4]], db2=[[2]])
    settings = {"learning_rate": 0.5, "beta1": 0.5, "beta2": 0.75, "epsilon": 1.0}
    got = trial(parameters, grads, v, s, s_max, 2, **settings)
    moved, new_v, new_s, largest = trial.parts(got, "parameters", "v", "s", "s_max")
    parameters_first(trial, moved)
    trial.agree("v", new_v, arrays(dW1=[[3.75, -6.75]], dgamma1=[[0]], db2=[[3.75]]))
    trial.agree("s", new_s, arrays(dW1=[[7, 28]], dgamma1=[[0]], db2=[[7]]))
    trial.agree("s_max", largest, arrays(dW1=[[81, 64]], dgamma1=[[4]], db2=[[16]]))
    trial.agree("parameters", moved, arrays(W1=[[0.75, 2.5]], gamma1=[[3]], b2=[[0]]))
    zero = arrays(dW1=[[0, 0]])
    moved, v, s, s_max = trial(arrays(W1=[[0, 0]]), arrays(dW1=[[8, -5]]), zero, zero, zero, 1)
    trial.agree("parameters at t = 1, with the defaults", moved, arrays(W1=[[-0.001, 0.001]]))
    trial.agree("s_max at t = 1, with the defaults", s_max, arrays(dW1=[[64, 25]]))
    _, _, s, s_max = trial(moved, arrays(dW1=[[2, 9]]), v, s, s_max, 2)
    trial.agree("s_max at t = 2, with the defaults", s_max, arrays(dW1=[[64, 53.014007]]))
    trial.agree("s at t = 2, with the defaults", s, arrays(dW1=[[0.067936, 0.105975]]), rtol=1e-4)


@sheet.question(
    minutes=17,
    ask="How long is the arrow that all entries of all arrays make together, and what shortens it "
    "without turning it?",
    by_hand="dW1 = [[6]] and db1 = [[8]] have the norm 10 together. With max_norm = 5 both are "
    "halved, to 3 and 4; with max_norm = 20 both stay.",
)
def clip_gradients(trial: Trial) -> None:
    grads = arrays(dW1=[[2, -4], [0, 4]], dgamma1=[[8]])
    clipped, norm = trial.parts(trial(grads, 5.0), "grads", "norm")
    trial.agree("norm", norm, 10)
    trial.agree("grads, max_norm = 5", clipped, arrays(dW1=[[1, -2], [0, 2]], dgamma1=[[4]]))
    clipped, norm = trial(grads, 12.5)
    trial.agree("grads, max_norm = 12.5", clipped, grads)
    trial.agree("norm, max_norm = 12.5", norm, 10)
    mine = arrays(dW1=[[3, 4]])
    clipped, norm = trial.function(mine, 6.0)
    trial.holds(
        "arrays of their own",
        clipped is not mine and not np.shares_memory(clipped["dW1"], mine["dW1"]),
        "A short gradient comes back in the arrays that came in: make new ones.",
    )
    small = arrays(db3=[[0.3], [0.4]])
    clipped, norm = trial(small, 0.1)
    trial.agree("grads of norm 0.5, max_norm = 0.1", clipped, arrays(db3=[[0.06], [0.08]]))
    trial.agree("grads of norm 0.5, max_norm = 0.8", trial(small, 0.8)[0], small)
    zero = arrays(dW1=[[0, 0]])
    clipped, norm = trial(zero, 2.0)
    trial.agree("grads of 0", clipped, zero)
    trial.agree("the norm of grads of 0", norm, 0)
    trial.refuses("max_norm = 0", grads, 0.0)
    trial.refuses("max_norm = −1", grads, -1.0)
