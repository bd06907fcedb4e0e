/** The command palette, keys, saving under a name, and two versions of one file. */

import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { keepBoth, keepMine, openFile, openRun, openStart, run as start, save, saveAs, takeTheirs } from "../actions";
import { editor } from "../editor/editor";
import { differ } from "../places";
import { get, set, use, type Tab } from "../store";
import { Icon, type IconName } from "../ui/icons";
import { Button, Dialog } from "../ui/kit";
import { runTitle } from "./Compare";
import { nextTheme } from "./TopBar";

export function Dialogs() {
  const dialog = use((now) => now.dialog);
  const close = () => set({ dialog: null });
  if (dialog === "palette") return <Palette close={close} />;
  if (dialog === "keys") return <Keys close={close} />;
  if (dialog === "save") return <SaveAs close={close} />;
  if (dialog === "conflict") return <Both close={close} />;
  return null;
}

interface Command {
  id: string;
  icon: IconName;
  name: string;
  of: string;
  keys?: string;
  run: () => void;
}

export const TABS: { id: Tab; label: string }[] = [
  { id: "estimate", label: "Estimate" },
  { id: "findings", label: "Findings" },
  { id: "run", label: "Run" },
  { id: "verdict", label: "Verdict" },
  { id: "compare", label: "Compare" },
  { id: "scale", label: "Scale" },
  { id: "export", label: "Export" },
];

function commands(): Command[] {
  const now = get();
  const found: Command[] = [
    { id: "run", icon: "play", name: "Run the chosen cases", of: "Command", keys: "Ctrl Enter", run: () => void start() },
    ...(now.good.blueprint?.cases ?? []).map((name): Command => ({
      id: `case ${name}`, icon: "play", name: `Run ${name}`, of: "Case",
      run: () => {
        set({ case: name, chosen: [name] });
        void start("check", { cases: [name] });
      },
    })),
    { id: "all", icon: "play", name: "Run all cases", of: "Command", run: () => void start("check", { cases: null }) },
    { id: "save", icon: "save", name: "Save", of: "Command", keys: "Ctrl S", run: () => void save() },
    { id: "saveas", icon: "save", name: "Save under another name", of: "Command", run: () => set({ dialog: "save" }) },
    ...TABS.map((tab, i): Command => ({
      id: `tab ${tab.id}`, icon: "right", name: `Show ${tab.label.toLowerCase()}`, of: "View", keys: `Alt ${i + 1}`, run: () => set({ tab: tab.id, pane: "dock" }),
    })),
    { id: "find", icon: "search", name: "Find in the text", of: "Command", keys: "Ctrl F", run: () => { set({ pane: "text" }); editor.find(); } },
    { id: "colours", icon: "moon", name: "Change colours: system, light, dark", of: "Command", run: nextTheme },
    { id: "side", icon: "sidebar", name: "Show or hide files and runs", of: "Command", keys: "Ctrl B", run: () => set((state) => ({ sideOpen: !state.sideOpen })) },
    { id: "keys", icon: "keys", name: "Keys and help", of: "Command", keys: "F1", run: () => set({ dialog: "keys" }) },
    ...now.files.map((one): Command => ({ id: `file ${one.path}`, icon: "file", name: one.path, of: one.title ?? "File", run: () => void openFile(one.path) })),
    ...now.gallery.map((one): Command => ({ id: `gallery ${one.name}`, icon: "gallery", name: one.title, of: `Gallery: ${one.name}`, run: () => void openStart(one.name) })),
    ...now.runs.slice(0, 40).map((one): Command => ({ id: `run ${one.id}`, icon: "runs", name: runTitle(one), of: "Run", run: () => openRun(one) })),
  ];
  return found;
}

/** How well a text answers a query: its letters in their order, better together and at the start of words. */
export function rank(query: string, text: string): number {
  const wanted = query.toLowerCase();
  const whole = text.toLowerCase();
  if (!wanted) return 1;
  const at = whole.indexOf(wanted);
  if (at >= 0) return 100 - Math.min(50, at) + (at === 0 || /\W/.test(whole[at - 1] ?? "") ? 40 : 0);
  const words = wanted.split(/\s+/);
  if (words.length > 1 && words.every((word) => whole.includes(word))) return 40;
  let i = 0;
  for (const letter of whole) if (letter === wanted[i]) i += 1;
  return i === wanted.length && wanted.length > 2 ? 5 : 0;
}

function Palette({ close }: { close: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const files = use((now) => now.files);
  const gallery = use((now) => now.gallery);
  const runs = use((now) => now.runs);
  // eslint-disable-next-line
  const all = useMemo(commands, [files, gallery, runs]);
  const shown = useMemo(() => {
    if (!query.trim()) return all.slice(0, 40);
    return all
      .map((one) => ({ one, rank: Math.max(rank(query.trim(), one.name), rank(query.trim(), one.of) * 0.6) }))
      .filter((found) => found.rank > 0)
      .sort((a, b) => b.rank - a.rank)
      .slice(0, 40)
      .map((found) => found.one);
  }, [all, query]);
  useEffect(() => {
    // some browsers give a promise, which is nothing to clean up
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const choose = (one: Command | undefined) => {
    if (!one) return;
    close();
    one.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt((now) => (now + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(shown[at]);
    }
  };
  return (
    <Dialog title="Commands and files" onClose={close} className="palette">
      <label className="search">
        <Icon name="search" size={16} />
        <input
          autoFocus placeholder="A command, a file, a design, a run…" value={query} role="combobox" aria-expanded="true" aria-controls="palette-list"
          aria-activedescendant={shown[at] ? `palette-${at}` : undefined} aria-label="Commands and files" onKeyDown={onKeyDown}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
        />
      </label>
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {shown.map((one, i) => (
          <li key={one.id} id={`palette-${i}`} role="option" aria-selected={i === at} onMouseMove={() => setAt(i)} onClick={() => choose(one)}>
            <Icon name={one.icon} size={14} />
            <b className="clip">{one.name}</b>
            <span>{one.of}</span>
            {one.keys && <kbd>{one.keys}</kbd>}
          </li>
        ))}
        {!shown.length && <li className="muted">Nothing is called that.</li>}
      </ul>
    </Dialog>
  );
}

const KEYS: [string, string][] = [
  ["Ctrl Enter", "run the chosen cases"],
  ["Ctrl S", "save to disk"],
  ["Ctrl K", "commands, files, designs, runs"],
  ["Ctrl B", "show or hide files and runs"],
  ["Alt 1 … Alt 7", "estimate, findings, run, verdict, compare, scale, export"],
  ["F6", "to the next region of the page"],
  ["Ctrl Space", "what may stand here"],
  ["F8", "to the next problem in the text"],
  ["Ctrl F", "find in the text"],
  ["Ctrl Z", "undo, also what a curveball or a fix wrote"],
  ["Ctrl ] and Ctrl [", "indent more, less"],
  ["+ − 0 W", "zoom the diagram, fit it, give it the whole page"],
  ["Esc", "close what is open"],
];

function Keys({ close }: { close: () => void }) {
  const studio = use((now) => now.studio);
  return (
    <Dialog title="Keys and help" onClose={close}>
      <header><h2>Keys and help</h2><Button kind="quiet" icon="close" aria-label="Close" onClick={close} /></header>
      <dl className="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}><dt>{keys.split(" ").map((key, i) => (/^(and|…)$/.test(key) ? ` ${key} ` : key ? <kbd key={i}>{key}</kbd> : null))}</dt><dd>{what}</dd></div>
        ))}
      </dl>
      <p className="muted">
        Files on disk are the truth: Ctrl+S writes them, and what another program writes shows up here at once. Text that is not
        saved yet is kept in this browser, also when the page or the server goes away. Runs are made of the text as it is here.
      </p>
      <p className="muted">
        Loadcase {studio?.version}, folder <code>{studio?.folder}</code>. Made with React, React Flow, CodeMirror, uPlot and Inter: <a href="/assets/licences.txt" target="_blank" rel="noreferrer">licences</a>.
      </p>
    </Dialog>
  );
}

function SaveAs({ close }: { close: () => void }) {
  const doc = use((now) => now.doc);
  const files = use((now) => now.files);
  const [name, setName] = useState(() => {
    const wanted = doc?.suggested ?? "design.yaml";
    if (!files.some((one) => one.path === wanted)) return wanted;
    for (let i = 2; ; i++) {
      const next = wanted.replace(/(\.ya?ml)?$/, `-${i}$1`);
      if (!files.some((one) => one.path === next)) return next;
    }
  });
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // the name without its ending is what one types over
    const field = input.current;
    field?.setSelectionRange(0, field.value.replace(/\.ya?ml$/, "").length);
  }, []);
  const taken = files.some((one) => one.path === name.trim());
  const path = /\.ya?ml$/.test(name.trim()) ? name.trim() : `${name.trim()}.yaml`;
  return (
    <Dialog title="Save as" onClose={close} className="small">
      <header><h2>Save as</h2><Button kind="quiet" icon="close" aria-label="Close" onClick={close} /></header>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && !taken) void saveAs(path).then((ok) => ok && close());
        }}
      >
        <label className="field wide">
          <span>Name, in {get().studio?.folder ?? "the folder"}</span>
          <input ref={input} autoFocus value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} />
        </label>
        {taken && <p className="bad-note">This file is there already: choose another name.</p>}
        <footer>
          <Button onClick={close}>Cancel</Button>
          <button type="submit" className="button primary" disabled={!name.trim() || taken}>Save</button>
        </footer>
      </form>
    </Dialog>
  );
}

function Both({ close }: { close: () => void }) {
  const conflict = use((now) => now.doc?.conflict);
  const path = use((now) => now.doc?.path);
  const chunks = useMemo(() => (conflict?.text != null ? differ(conflict.text, editor.text()) : null), [conflict]);
  useEffect(() => {
    if (!conflict) close();
  });
  if (!conflict) return null;
  return (
    <Dialog title="Changed in two places" onClose={close} className="wide">
      <header><h2>{conflict.text === null ? `${path} is gone from disk` : `${path} was changed here and on disk`}</h2><Button kind="quiet" icon="close" aria-label="Close" onClick={close} /></header>
      {chunks ? (
        <>
          <p className="muted"><span className="diff-key a">on disk</span> <span className="diff-key b">here</span> Nothing is lost: what you do not keep is one Ctrl+Z away.</p>
          <pre className="diff tall" tabIndex={0}>
            {chunks.map((chunk, i) => {
              const lines = chunk.kind === "same" && chunk.lines.length > 8 ? [...chunk.lines.slice(0, 3), `  … ${chunk.lines.length - 6} lines the same`, ...chunk.lines.slice(-3)] : chunk.lines;
              return <span key={i} className={`diff-${chunk.kind}`}>{lines.map((line) => `${chunk.kind === "a" ? "− " : chunk.kind === "b" ? "+ " : "  "}${line}\n`).join("")}</span>;
            })}
          </pre>
        </>
      ) : <p>Your text is still here. Keep it to write the file again.</p>}
      <footer>
        {conflict.text !== null && <Button onClick={() => void keepBoth()}>Keep both: mine beside it</Button>}
        {conflict.text !== null && <Button onClick={() => takeTheirs(conflict.text!, conflict.version)}>Take theirs</Button>}
        <Button kind="primary" onClick={() => void keepMine()}>Keep mine</Button>
      </footer>
    </Dialog>
  );
}
