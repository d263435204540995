// Before and after in one frame, divided by a slider.

export class Compare {
  constructor() {
    this.before = document.getElementById("before");
    this.after = document.getElementById("after");
    this.stage = document.getElementById("stage");
    this.controls = document.getElementById("compare");
    this.divider = document.getElementById("divider");
    this.divider.addEventListener("input", () => this.#move());
    this.#move();
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
  }

  #move() {
    this.stage.style.setProperty("--position", `${this.divider.value}%`);
    this.divider.setAttribute("aria-valuetext", `${this.divider.value} % photograph`);
  }
}

function copy(from, to) {
  to.width = from.width;
  to.height = from.height;
  to.getContext("2d").drawImage(from, 0, 0);
}
