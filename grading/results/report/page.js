"use strict";

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function value(cell, isNumber) {
  const text = cell.textContent.trim();
  return isNumber ? parseFloat(text.replace("−", "-")) : text;
}

// By one column; rows without a value stay at the end, whatever the direction.
function sort(head, column) {
  const table = head.closest("table");
  const direction = head.ariaSort === "ascending" ? "descending" : "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.ariaSort = direction;
  const sign = direction === "ascending" ? 1 : -1;
  const isNumber = head.classList.contains("number");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => [value(row.cells[column], isNumber), row]);
  const missing = ([key]) => Number(Number.isNaN(key) || key === "");
  rows.sort((one, other) => {
    const gap = missing(one) - missing(other);
    if (gap || missing(one)) return gap;
    return sign * (isNumber ? one[0] - other[0] : collator.compare(one[0], other[0]));
  });
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll(".sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    if (head.classList.contains("plain")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
}

const form = document.querySelector(".filter");
const field = document.getElementById("filter");
const shown = document.getElementById("shown");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const students = Array.from(document.getElementById("list").tBodies[0].rows, (row) => {
  const cells = Array.from(row.cells).filter((cell) => !cell.matches(".number, .links"));
  return [row, fold(cells.map((cell) => cell.textContent).join(" "))];
});

function filter() {
  const words = fold(field.value).split(/\s+/);
  let count = 0;
  for (const [row, text] of students) {
    row.hidden = !words.every((word) => text.includes(word));
    count += !row.hidden;
  }
  shown.textContent = `${count} of ${students.length} students`;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", filter);
filter(); // a browser may bring back what was typed before

// A link to a row that is filtered out shows all rows again.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#student-"]');
  if (link && document.querySelector(link.hash).hidden) {
    field.value = "";
    filter();
  }
});
