/**
 * Server-sent events over fetch: resumes with Last-Event-ID after any break, says when the server is away, and rests
 * while nobody looks, since a browser opens six connections to one origin for all of its tabs.
 */

export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Takes the text of a stream in pieces of any size; gives the events that are complete. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  lastId: string | null = null;

  push(chunk: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    this.rest += chunk;
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.rest);
      if (!end) return found;
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      if (line === "") {
        if (this.data.length) found.push({ event: this.event || "message", data: this.data.join("\n"), id: this.lastId });
        this.event = "";
        this.data = [];
        continue;
      }
      if (line.startsWith(":")) continue;
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.data.push(value);
      else if (field === "event") this.event = value;
      else if (field === "id" && !value.includes("\0")) this.lastId = value;
    }
  }
}

export interface StreamOptions {
  onEvent: (event: string, data: unknown) => void;
  /** Whether the server answers; called when that changes. */
  onOnline?: (online: boolean) => void;
  /** Called when the server has no such stream. */
  onGone?: (status: number) => void;
  /** Whether nothing is asked for while the page is hidden; it is unless told otherwise. */
  rests?: boolean;
  silence_ms?: number;
  backoff_ms?: number;
}

const HIDDEN_MS = 10_000;

/** Follows a stream until it is closed here, or the server says that nothing more comes (204) or that it is gone (404). */
export function follow(url: string, options: StreamOptions): () => void {
  const { onEvent, onOnline, onGone, rests = true, silence_ms = 45_000, backoff_ms = 500 } = options;
  let closed = false;
  let lastId: string | null = null;
  let controller = new AbortController();
  let wait = backoff_ms;
  let online: boolean | null = null;
  let wake: (() => void) | null = null;

  const tell = (now: boolean) => {
    if (now !== online) onOnline?.((online = now));
  };
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function once(): Promise<void> {
    controller = new AbortController();
    const headers: Record<string, string> = { Accept: "text/event-stream", "X-Loadcase": "studio" };
    if (lastId !== null) headers["Last-Event-ID"] = lastId;
    const answer = await fetch(url, { headers, signal: controller.signal, cache: "no-store" });
    if (answer.status === 404 || answer.status === 410) {
      closed = true;
      onGone?.(answer.status);
      return;
    }
    if (answer.status === 204) {
      closed = true;
      return;
    }
    if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
    tell(true);
    const parser = new EventParser();
    parser.lastId = lastId;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => controller.abort(), silence_ms);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      wait = backoff_ms;
      for (const found of parser.push(value)) {
        lastId = found.id;
        let data: unknown = null;
        try {
          data = JSON.parse(found.data);
        } catch {
          continue;
        }
        onEvent(found.event, data);
        if (closed) return;
      }
    }
  }

  async function loop(): Promise<void> {
    while (!closed) {
      try {
        await once();
      } catch {
        if (closed) return;
        if (!resting) tell(false);
      }
      if (closed) return;
      if (resting) await new Promise<void>((resolve) => (wake = resolve));
      else {
        await sleep(wait);
        wait = Math.min(wait * 1.6, 5000);
      }
    }
  }

  let resting = false;
  let hideTimer: ReturnType<typeof setTimeout> | undefined;
  const seen = () => {
    clearTimeout(hideTimer);
    if (document.hidden && rests) {
      hideTimer = setTimeout(() => {
        resting = true;
        controller.abort();
      }, HIDDEN_MS);
    } else {
      resting = false;
      wake?.();
    }
  };
  if (typeof document !== "undefined") document.addEventListener("visibilitychange", seen);

  void loop();
  return () => {
    closed = true;
    clearTimeout(hideTimer);
    if (typeof document !== "undefined") document.removeEventListener("visibilitychange", seen);
    controller.abort();
    wake?.();
  };
}
