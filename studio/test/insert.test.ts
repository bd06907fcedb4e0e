import { describe, expect, it } from "vitest";
import { insert, KINDS, namesIn } from "../src/practice/insert";

const HEAD = "loadcase: 1\nname: chat\n\n# a comment at the end\n";

describe("the palette", () => {
  it("makes a section where there is none, and points at the new name", () => {
    const found = insert(HEAD, { sort: "component", kind: "store" })!;
    expect(found.text).toBe(`${HEAD}\ncomponents:\n  # keeps entities: \`shards\` by key, each in \`replicas\` copies\n  db: {kind: store, shards: 1, replicas: 3, why: "..."}\n`);
    expect(found.text.slice(found.from, found.to)).toBe("db");
  });

  it("puts entries at the end of their section, under names that are free, and sections in their order", () => {
    let text = HEAD;
    for (let i = 0; i < 2; i++) text = insert(text, { sort: "component", kind: "service" })!.text;
    text = insert(text, { sort: "flow" })!.text;
    text = insert(text, { sort: "entity" })!.text;
    text = insert(text, { sort: "component", kind: "store" })!.text;
    expect(namesIn(text, "components")).toEqual(["api", "api2", "db"]);
    expect(namesIn(text, "flows")).toEqual(["request"]);
    expect(text).toContain("steps: [api.handle]");
    const order = ["entities:", "components:", "flows:"].map((one) => text.indexOf(`\n${one}`));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it("brings a service where a flow has nothing to call, and keeps the indentation that it finds", () => {
    expect(insert("components:\n    web: {kind: service}\n", { sort: "flow" })!.text).toContain("steps: [web.handle]");
    expect(insert("components:\n    web: {kind: service}\n", { sort: "component", kind: "cache" })!.text).toContain("\n    cache: {");
    expect(insert(HEAD, { sort: "flow" })!.text).toContain("api: {kind: service");
    expect(insert("components: {}\n", { sort: "component", kind: "log" })!.text).toMatch(/^components:\n {2}#.*\n {2}log: /);
  });

  it("takes no line apart, and loses nothing of a text", () => {
    expect(insert("components: {web: {kind: service}}\n", { sort: "component", kind: "log" })).toBeNull();
    for (const kind of KINDS) {
      const before = "name: a\ncomponents:\n  x:\n    kind: store\n\n  # last\nflows:\n  r: {}";
      const after = insert(before, { sort: "component", kind })!.text;
      for (const line of before.split("\n")) expect(after.split("\n")).toContain(line);
    }
  });
});
