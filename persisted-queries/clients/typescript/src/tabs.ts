// Tabs of one browser share tokens, so they also share the refresh and what they know of their own writes.

/** What one tab tells the others. */
export type News = { readonly revision: number } | { readonly signedOut: true };

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export class Tabs {
  readonly #name: string;
  readonly #locks: Locks | undefined;
  readonly #channel: BroadcastChannel | undefined;

  /** `locks` is null where tabs must do without. */
  constructor(name: string, hear: (news: News) => void, locks?: Locks | null) {
    this.#name = name;
    const found = globalThis.navigator as { locks?: Locks } | undefined;
    this.#locks = locks === null ? undefined : (locks ?? found?.locks);
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: { data: unknown }) => hear(data as News);
    // In Node an open channel would keep the process alive.
    (this.#channel as { unref?(): void }).unref?.();
  }

  /**
   * Does `work` while no other tab does it. Where there are no locks, two tabs may refresh at once: the server
   * gives both the same tokens within half a minute.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks ? this.#locks.request(`${this.#name}:refresh`, work) : work();
  }

  tell(news: News): void {
    this.#channel?.postMessage(news);
  }

  close(): void {
    this.#channel?.close();
  }
}
