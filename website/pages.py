"""What the site makes of the course's pages.

Authors write for JupyterLab; this makes up for the differences.
"""

import base64
import json
import os
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from grading.formulas import formula
from website import sliders


def jupyterlab_anchor(title: str) -> str:
    """The anchor of a heading as JupyterLab has it, so that links between notebooks hold here."""
    return title.replace(" ", "-")


# -- the path: what the tables in course/ say ---------------------------------------------

PICTURE = ("course/module1_practical_aspects/02_regularization.ipynb", "network-regions")
ROW = re.compile(r"^\| (\w+) \d+: \[(.+?)\]\((.+?)\.ipynb\) \| (.+) \|$", re.MULTILINE)
OUTWARD = re.compile(r"(?<!!)\[([^]]+)\]\((\.\.?/[^)\s]+)\)")


def path() -> dict[str, list[str]]:
    """The lines of each module's table, in the order of work."""
    modules = {}
    readme = Path("course", "README.md").read_text(encoding="utf-8")
    for part in readme.split("\n## Module ")[1:]:
        lines = modules[part.partition("\n")[0]] = []
        for kind, title, page, rest in ROW.findall(part):
            about, _, points, minutes = map(str.strip, rest.split("|"))
            if kind == "assignment":
                about = f"**assignment**, {points} points"
            page = os.path.normpath(f"course/{page}")
            lines.append(f"| [{title}]({page}.ipynb) | {about} | {minutes} |")
    return modules


def front_page(text: str) -> str:
    """The front page with the path, as tables to read and as the order of all pages."""
    parts = []
    for title, lines in path().items():
        links = [re.search(r"\[(.+)\]\((.+)\.ipynb\)", line).groups() for line in lines]
        pages = [
            f"Assignment: {text} <{page}>" if page.startswith("release") else page
            for text, page in links
        ]
        caption = f":caption: {title.partition(': ')[2].capitalize()}"
        table = ["| page | about | minutes |", "|---|---|--:|", *lines, ""]
        tree = ["```{toctree}", ":hidden:", caption, "", *pages, "```", ""]
        parts += [f"### Module {title}", "", *table, *tree]
    return text.replace("<!-- the path -->", "\n".join(parts)).replace(
        "<!-- the picture -->", front_picture()
    )


def front_picture() -> str:
    """The figure of the front page, taken out of its lecture, with a link to it."""
    lecture, name = PICTURE
    for cell in json.loads(Path(lecture).read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []) if cell["id"] == name else []:
            if picture := output.get("data", {}).get("image/png"):
                Path("front.png").write_bytes(base64.b64decode(picture))
                return f"[![{output['metadata']['image/png']['alt']}](front.png)]({lecture})"
    raise LookupError(
        f"{lecture} has no figure in a cell {name}: choose another in website/pages.py"
    )


# -- notebooks: what JupyterLab folds is folded, and figures say what they show -----------


FOLDS = {
    "source": ("Show the code", "Hide the code"),
    "output": ("Predict first, then look", "Fold the answer"),
}


def notebook(text: str, moved: dict[str, str]) -> str:
    """A notebook as MyST-NB wants it; `moved` has the sliders of cells, by their id."""
    content = json.loads(text)
    for cell in content["cells"]:
        metadata, outputs = cell["metadata"], cell.get("outputs", [])
        folded = metadata.get("jupyter", {})
        hidden = [kind for kind in ("source", "outputs") if folded.get(f"{kind}_hidden")]
        tags = {"source": "hide-input", "outputs": "hide-output"}
        metadata.setdefault("tags", []).extend(tags[kind] for kind in hidden)
        if slider := moved.get(cell["id"]):
            data = {"data": {"text/html": slider}, "metadata": {}}
            cell["outputs"] = outputs = [{"output_type": "display_data", **data}]
        for output in outputs:
            if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
                metadata["mystnb"] = {"image": {"alt": alt}}
    return json.dumps(content)


def prepare(app: Sphinx, name: str, source: list[str]) -> None:
    """Change a page's source before it is read."""
    page = Path(app.env.doc2path(name))
    if page.suffix == ".ipynb":
        source[0] = notebook(source[0], sliders.of_page(app, name))
    elif name == app.config.root_doc:
        source[0] = front_page(source[0])
    else:
        folder = page.parent.relative_to(app.srcdir)
        source[0] = OUTWARD.sub(lambda link: inside(link, folder), source[0])
        if name == "START" and (address := app.config.html_theme_options.get("repository_url")):
            online = app.builder.templates.render("online.md", {"address": address})
            source[0] = source[0].replace("\n## Work\n", f"\n{online}\n\n## Work\n")


def inside(link: re.Match[str], folder: Path) -> str:
    """A link as it is, or its text alone if it leads to a file that is not in the site."""
    text, target = link.groups()
    place = os.path.normpath(folder / target)
    exists = Path(place.partition("#")[0]).exists()  # Sphinx runs in the folder of its sources
    return link[0] if exists else text


def name_folds(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Say at each fold what is in it."""
    for fold in tree.findall(HideCodeCellNode):
        fold["prompt_show"], fold["prompt_hide"] = FOLDS[fold["prompt_show"].rstrip("s")]


# -- formulas, and words of the glossary --------------------------------------------------


def show_formula(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    mathml = formula(node.astext(), display)
    if not mathml:
        logging.getLogger(__name__).warning("no MathML for %s", node.astext(), location=node)
    if display == "block":
        mathml = f'<div class="formula" tabindex="0">{mathml}</div>'
    translator.body.append(mathml)
    raise nodes.SkipNode


def explain_terms(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Give links into the glossary the text there, to be shown where the pointer rests."""
    for link in tree.findall(nodes.reference):
        page, _, anchor = link.get("refuri", "").partition("#")
        if page.endswith("glossary.html") and anchor:
            link["reftitle"] = definitions(app).get(anchor, "")


def definitions(app: Sphinx) -> dict[str, str]:
    """The first sentences of each term in the glossary, by its anchor."""
    if not hasattr(app.env, "definitions"):
        sections = app.env.get_doctree("course/glossary").findall(nodes.section)
        app.env.definitions = {
            anchor: " ".join(paragraph.astext().split()).partition(" Lecture:")[0]
            for section in sections
            if (paragraph := next(section.findall(nodes.paragraph), None))
            for anchor in [*section["ids"], section.get("slug", "")]
        }
    return app.env.definitions


def setup(app: Sphinx) -> None:
    """Hook into Sphinx."""
    app.add_html_math_renderer("mathml", (show_formula, None), (show_formula, None))
    app.connect("builder-inited", sliders.draw)
    app.connect("source-read", prepare)
    app.connect("doctree-resolved", name_folds)
    app.connect("doctree-resolved", explain_terms)
