// A slider shows the frame that was drawn for its setting.
for (const slider of document.querySelectorAll(".slider[data-frames]")) {
  const frames = JSON.parse(slider.dataset.frames);
  const controls = [...slider.querySelectorAll("input, select")];
  const shown = slider.querySelector(".frame");
  const show = () => {
    let place = 0;
    for (const control of controls) {
      const labels = JSON.parse(control.dataset.labels ?? "null");
      place = place * (labels ?? control.options).length + Number(control.value);
      if (labels) {
        control.nextElementSibling.value = labels[control.value];
        control.setAttribute("aria-valuetext", labels[control.value]);
      }
    }
    const { src, alt, width, height, text } = frames[place];
    const picture = shown.querySelector("img");
    if (picture && src) Object.assign(picture, { src: slider.dataset.folder + src, alt, width, height });
    const said = shown.querySelector("pre");
    if (said) said.textContent = text;
  };
  slider.classList.add("moves");
  slider.addEventListener("input", show);
  show();
}
