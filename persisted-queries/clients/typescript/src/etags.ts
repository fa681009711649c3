// The last answers to shared documents. Clients ask each time whether theirs is still right; with an ETag that costs
// a few bytes.

const KEPT = 100;

interface Kept {
  readonly etag: string;
  readonly body: unknown;
}

export class ETags {
  readonly #answers = new Map<string, Kept>();

  get(url: string): Kept | undefined {
    return this.#answers.get(url);
  }

  keep(url: string, etag: string | null, body: unknown): void {
    // The one that is used again is the newest: a Map keeps the order in which keys came.
    this.#answers.delete(url);
    if (etag === null) return;
    this.#answers.set(url, { etag, body });
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > KEPT && !oldest.done) this.#answers.delete(oldest.value);
  }
}
