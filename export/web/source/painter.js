// The page's side of the worker: one picture at a time, and of those that wait only the last.

export class Painter {
  #worker;
  #number = 0;
  #running = null;
  #waiting = null;

  /** @param {(state: object) => void} listener told of progress: see worker.js */
  constructor(listener) {
    this.listener = listener;
  }

  /**
   * @param {object} job { file, changes, width, height, pixels }
   * @returns {Promise<object | null>} { pixels, backend, milliseconds }; null if a later job
   *   took its place
   * @throws {Error} of kind "load", "engine" or "run"
   */
  paint(job) {
    this.#waiting?.resolve(null);
    const { promise, resolve, reject } = deferred();
    this.#waiting = { job: { ...job, number: ++this.#number }, resolve, reject };
    if (!this.#running) this.#next();
    return promise;
  }

  #next() {
    this.#running = this.#waiting;
    this.#waiting = null;
    if (!this.#running) return;
    this.#worker ??= this.#start();
    const { job } = this.#running;
    this.#worker.postMessage(job, [job.pixels.buffer]);
  }

  #start() {
    const worker = new Worker("worker.js");
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate(); // the next job starts another
      this.#worker = undefined;
      const answer = event.message
        ? { error: "engine", reason: event.message }
        : { error: "load", reason: "worker.js" };
      this.#hear({ number: this.#running?.job.number, ...answer });
    };
    return worker;
  }

  #hear(answer) {
    if (!this.#running || answer.number !== this.#running.job.number) return;
    if (!answer.error && !answer.pixels) {
      if (!this.#waiting) this.listener(answer);
      return;
    }
    const { resolve, reject } = this.#running;
    this.#next();
    if (this.#running) resolve(null);
    else if (answer.error) reject(Object.assign(new Error(answer.reason), { kind: answer.error }));
    else resolve(answer);
  }
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
