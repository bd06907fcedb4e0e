/** Where things stand in a blueprint's text, found without a parser that needs the text to be whole. */

export interface Span {
  from: number;
  to: number;
}

const SECTIONS = ["components", "flows", "cases", "entities", "estimates", "api", "variants", "decisions"] as const;

/** The lines of `section: name:` with all that is indented below; null when they are not there. */
export function entryOf(text: string, section: (typeof SECTIONS)[number], name: string): Span | null {
  const start = new RegExp(`^${section}:.*$`, "m").exec(text);
  if (!start) return null;
  let at = start.index + start[0].length + 1;
  const wanted = new RegExp(`^(\\s+)(?:"${escape(name)}"|'${escape(name)}'|${escape(name)})\\s*:`);
  let found: { from: number; indent: number; to: number } | null = null;
  while (at < text.length) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const line = text.slice(at, end);
    const blank = line.trim() === "" || line.trimStart().startsWith("#");
    const indent = line.length - line.trimStart().length;
    if (!blank && indent === 0) break;
    if (found) {
      if (!blank && indent <= found.indent) break;
      if (!blank) found.to = end;
    } else {
      const match = wanted.exec(line);
      if (match) found = { from: at + match[1]!.length, indent, to: end };
    }
    at = end + 1;
  }
  return found ? { from: found.from, to: found.to } : null;
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A stretch of two texts: what only one of them has, or both. */
export interface Chunk {
  kind: "same" | "a" | "b";
  lines: string[];
}

const LIMIT = 4_000_000;

/** The difference of two texts by lines. */
export function differ(a: string, b: string): Chunk[] {
  const left = a.split("\n");
  const right = b.split("\n");
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const x = left.slice(start, left.length - end);
  const y = right.slice(start, right.length - end);
  const chunks: Chunk[] = [];
  const add = (kind: Chunk["kind"], lines: string[]) => {
    const last = chunks.at(-1);
    if (!lines.length) return;
    if (last?.kind === kind) last.lines.push(...lines);
    else chunks.push({ kind, lines: [...lines] });
  };
  add("same", left.slice(0, start));
  if (x.length * y.length > LIMIT) {
    add("a", x);
    add("b", y);
  } else {
    const width = y.length + 1;
    const longest = new Uint32Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i--) {
      for (let j = y.length - 1; j >= 0; j--) {
        longest[i * width + j] =
          x[i] === y[j]
            ? longest[(i + 1) * width + j + 1]! + 1
            : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
      }
    }
    let i = 0;
    let j = 0;
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) {
        add("same", [x[i]!]);
        i += 1;
        j += 1;
      } else if (j >= y.length || (i < x.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
        add("a", [x[i]!]);
        i += 1;
      } else {
        add("b", [y[j]!]);
        j += 1;
      }
    }
  }
  add("same", left.slice(left.length - end));
  return chunks;
}
