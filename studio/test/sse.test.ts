import { afterEach, expect, test, vi } from "vitest";
import { EventParser, follow } from "../src/sse";

afterEach(() => vi.unstubAllGlobals());

test("events are whole however the stream is cut", () => {
  const text = ": hello\n\nid: 7\nevent: state\ndata: {\"a\":\ndata: 1}\n\nid: 8\r\ndata: x\r\n\r\ndata: cut";
  for (const size of [1, 2, 5, 1000]) {
    const parser = new EventParser();
    const found = [];
    for (let i = 0; i < text.length; i += size) found.push(...parser.push(text.slice(i, i + size)));
    expect(found).toEqual([
      { event: "state", data: '{"a":\n1}', id: "7" },
      { event: "message", data: "x", id: "8" },
    ]);
  }
});

function body(text: string): Response {
  return new Response(new Blob([text]).stream(), { headers: { "Content-Type": "text/event-stream" } });
}

test("a broken stream goes on after the last event that came, and ends at 204", async () => {
  const asked: (string | undefined)[] = [];
  const answers = [
    () => body("id: 1\nevent: n\ndata: 1\n\nid: 2\nevent: n\ndata: 2\n\n"),
    () => Promise.reject(new TypeError("away")),
    () => body("id: 3\nevent: n\ndata: 3\n\n"),
    () => new Response(null, { status: 204 }),
  ];
  vi.stubGlobal("fetch", (_url: string, options: { headers: Record<string, string> }) => {
    asked.push(options.headers["Last-Event-ID"]);
    return Promise.resolve(answers[asked.length - 1]!());
  });
  const got: unknown[] = [];
  const online: boolean[] = [];
  follow("/x", { onEvent: (_event, data) => got.push(data), onOnline: (now) => online.push(now), backoff_ms: 1 });
  await vi.waitFor(() => expect(asked).toHaveLength(4));
  expect(got).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, "2", "2", "3"]);
  expect(online).toEqual([true, false, true]);
});

test("a stream that is gone is said once and not asked for again", async () => {
  const gone = vi.fn();
  const fetch = vi.fn(() => Promise.resolve(new Response("", { status: 404 })));
  vi.stubGlobal("fetch", fetch);
  follow("/x", { onEvent: () => undefined, onGone: gone, backoff_ms: 1 });
  await vi.waitFor(() => expect(gone).toHaveBeenCalledWith(404));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fetch).toHaveBeenCalledTimes(1);
});
