import { expect, test } from "vitest";
import { beside, shapesOf } from "../src/diagram/curves";
import { extend, type SeriesOf } from "../src/live";
import { differ, entryOf } from "../src/places";

const TEXT = `name: x
components:
  # a comment
  api: {kind: service,
        why: two lines}
  "odd name": {kind: store}
  edge:
    kind: load_balancer

    replicas: 3
flows:
  api: {steps: []}
`;

test("an entry is found with all its lines, in its own section", () => {
  const of = (section: "components" | "flows", name: string) => {
    const span = entryOf(TEXT, section, name);
    return span && TEXT.slice(span.from, span.to);
  };
  expect(of("components", "api")).toBe("api: {kind: service,\n        why: two lines}");
  expect(of("components", "odd name")).toBe('"odd name": {kind: store}');
  expect(of("components", "edge")).toBe("edge:\n    kind: load_balancer\n\n    replicas: 3");
  expect(of("flows", "api")).toBe("api: {steps: []}");
  expect(of("flows", "edge")).toBeNull();
});

test("a difference has all lines of both texts", () => {
  const a = "1\n2\n3\n4\n5";
  const b = "1\n3\nx\n4\n5\n6";
  const chunks = differ(a, b);
  expect(chunks.filter((one) => one.kind !== "b").flatMap((one) => one.lines).join("\n")).toBe(a);
  expect(chunks.filter((one) => one.kind !== "a").flatMap((one) => one.lines).join("\n")).toBe(b);
  expect(chunks.filter((one) => one.kind !== "same").map((one) => one.lines)).toEqual([["2"], ["x"], ["6"]]);
  expect(differ("same", "same")).toEqual([{ kind: "same", lines: ["same"] }]);
});

test("pieces of a series take the place of what was there", () => {
  const of: SeriesOf = {};
  const piece = (from: number, values: (number | null)[]) => extend(of, { case: "c", from, start: 2 + from * 0.5, step: 0.5, values: { "a.p95": values } });
  piece(0, [1, 2]);
  piece(1, [20, 3]);
  piece(1, [20, 3]);
  piece(5, [6]);
  expect(of["a.p95"]).toEqual({ start: 2, step: 0.5, unit: "s", values: [1, 20, 3, null, null, 6] });
});

test("lines of a bundle run beside each other", () => {
  const line: [number, number][] = [[0, 0], [10, 0], [20, 0], [30, 0]];
  expect(beside(line, 2)).toEqual([[0, 2], [10, 2], [20, 2], [30, 2]]);
  expect(shapesOf(line, 3)?.lines).toHaveLength(3);
  expect(shapesOf([[0, 0]], 1)).toBeNull();
});
