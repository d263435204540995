// Before and after in one frame, divided by a slider.

export class Compare {
  constructor() {
    this.before = document.getElementById("before");
    this.after = document.getElementById("after");
    this.stage = document.getElementById("stage");
    this.controls = document.getElementById("compare");
    this.divider = document.getElementById("divider");
    this.divider.addEventListener("input", () => this.#move());
    new ResizeObserver(() => this.#move()).observe(this.stage);
  }

  /** Shows a photograph alone. */
  showPhotograph(canvas) {
    this.stage.style.setProperty("--width", canvas.width);
    this.stage.style.setProperty("--height", canvas.height);
    copy(canvas, this.before);
    this.after.hidden = this.controls.hidden = true;
  }

  /** Shows the painted photograph beside it. */
  showPicture(canvas) {
    copy(canvas, this.after);
    this.after.hidden = this.controls.hidden = false;
    this.#move();
  }

  #move() {
    this.stage.style.setProperty("--position", `${this.divider.value}%`);
    this.divider.setAttribute("aria-valuetext", `${this.divider.value} % photograph`);
    const [before, after] = this.controls.querySelectorAll(".tag");
    const share = this.divider.value / 100;
    this.#showTag(before, share);
    this.#showTag(after, 1 - share);
  }

  /** A tag is shown while there is place for it on its side. */
  #showTag(tag, share) {
    const fits = this.stage.clientWidth * share > tag.offsetWidth + 20;
    tag.style.visibility = fits ? "visible" : "hidden";
  }
}

function copy(from, to) {
  to.width = from.width;
  to.height = from.height;
  to.getContext("2d").drawImage(from, 0, 0);
}
