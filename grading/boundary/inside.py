"""What goes into a sealed kernel before any student code: the modules that work there.

They are put among the kernel's modules, under the names that they have here, with builtins of
their own: no name of the student's is touched, and none is needed.
"""

from __future__ import annotations

from pathlib import Path

from grading.boundary import answering, doubles, leniency, outcome, wire

MODULES = (wire, outcome, doubles, answering, leniency)  # each after those that it imports

PREPARATION = """\
def prepare(texts):
    import builtins, sys, types
    own = dict(vars(builtins))
    for name, text in texts.items():
        module = sys.modules[name] = types.ModuleType(name)
        module.__builtins__ = own
        exec(compile(text, f"<{{name}}>", "exec"), vars(module))
    kernel = get_ipython().kernel
    sys.modules[{answering!r}].listen(kernel)
    sys.modules[{leniency!r}].install(kernel)

prepare({texts!r})
del prepare
"""


def preparation() -> str:
    """The code that a new kernel runs first."""
    texts = {module.__name__: Path(module.__file__).read_text() for module in MODULES}
    return PREPARATION.format(texts=texts, answering=answering.__name__, leniency=leniency.__name__)
