// The page's side of the worker: one picture at a time, and of those that wait only the last.
// Thumbnails and downloads wait until there is nothing else to do.

export class Painter {
  #worker;
  #number = 0;
  #running = null;
  #waiting = null;
  #later = [];

  /** @param {(state: object) => void} listener told of a picture's progress: see engine.js */
  constructor(listener) {
    this.listener = listener;
  }

  /**
   * Paints a picture before all that waits.
   *
   * @param {object} job see engine.js
   * @returns {Promise<object | null>} { pixels, backend, doubt, milliseconds }; null if a later job
   *   took its place
   * @throws {Error} of kind "load", "engine" or "run"
   */
  paint(job) {
    this.#waiting?.resolve(null);
    const task = this.#task(job);
    this.#waiting = task;
    this.#next();
    return task.promise;
  }

  /** Does a job, a thumbnail or a download, when there is time. */
  later(job) {
    const task = this.#task(job);
    this.#later.push(task);
    this.#next();
    return task.promise;
  }

  /** Drops thumbnails that wait. */
  forgetLater() {
    for (const task of this.#later.splice(0)) task.resolve(null);
  }

  #task(job) {
    return { job: { ...job, number: ++this.#number }, ...deferred() };
  }

  #next() {
    if (this.#running) return;
    this.#running = this.#waiting ?? this.#later.shift() ?? null;
    if (this.#running === this.#waiting) this.#waiting = null;
    if (!this.#running) return;
    this.#worker ??= this.#start();
    const { job } = this.#running;
    this.#worker.postMessage(job, job.pixels ? [job.pixels.buffer] : []);
  }

  #start() {
    const worker = new Worker("scripts/worker.js");
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate(); // the next job starts another
      this.#worker = undefined;
      const answer = event.message
        ? { error: "engine", reason: event.message }
        : { error: "load", reason: "scripts/worker.js" };
      this.#hear({ number: this.#running?.job.number, ...answer });
    };
    return worker;
  }

  #hear(answer) {
    if (!this.#running || answer.number !== this.#running.job.number) return;
    const { job, resolve, reject } = this.#running;
    const picture = !job.thumbnail && !job.fetch;
    if (!answer.error && !answer.pixels && !answer.fetched) {
      if (picture && !this.#waiting) this.listener(answer);
      return;
    }
    this.#running = null;
    if (picture && this.#waiting) resolve(null);
    else if (answer.error) reject(Object.assign(new Error(answer.reason), { kind: answer.error }));
    else resolve(answer);
    this.#next();
  }
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
