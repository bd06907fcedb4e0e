/** The practice room: choosing what to practise, the interview, its verdict, and how practice goes. */

import "./practice.css";
import { useEffect } from "react";
import { analyseSoon, toDesigns } from "../actions";
import { set, use } from "../store";
import { Button, Dialog, Empty, Guard } from "../ui/kit";
import { practice } from "./api";
import { Home } from "./Home";
import { Interview } from "./Interview";
import { ProgressPage } from "./ProgressPage";
import { close, getRoom, keepDraft, open, route, setRoom, typed, useRoom } from "./state";
import { Verdict } from "./Verdict";

const hooks = {
  edited: typed,
  analyse: async (text: string, of: string | null, signal: AbortSignal) => {
    const found = await practice.analyse(text, of, signal);
    setRoom({ leftOut: found.left_out });
    return found;
  },
};

export function Room() {
  const page = useRoom((now) => now.page);
  const view = useRoom((now) => now.view);
  const over = useRoom((now) => now.clock?.over ?? false);
  const error = useRoom((now) => now.error);
  const dialog = use((now) => now.dialog);
  useEffect(() => {
    set({ room: hooks });
    route();
    const hide = () => document.hidden && keepDraft();
    addEventListener("hashchange", route);
    addEventListener("popstate", route);
    addEventListener("pagehide", keepDraft);
    document.addEventListener("visibilitychange", hide);
    if (getRoom().view) analyseSoon(0);
    return () => {
      removeEventListener("hashchange", route);
      removeEventListener("popstate", route);
      removeEventListener("pagehide", keepDraft);
      document.removeEventListener("visibilitychange", hide);
      close();
    };
  }, []);
  return (
    <main className="practice">
      <Guard again={`${page} ${view?.id} ${over}`}>
        {error ? <Wrong /> : page === "home" ? <Home /> : page === "progress" ? <ProgressPage /> : !view ? <p className="muted note opening">Opening the session…</p> : over ? <Verdict /> : <Interview />}
      </Guard>
      {dialog === "keys" && <Keys close={() => set({ dialog: null })} />}
    </main>
  );
}

function Wrong() {
  const error = useRoom((now) => now.error)!;
  return (
    <Empty title={error.message} icon="warning">
      {error.hint && <p>{error.hint}</p>}
      <p className="row">
        <Button kind="primary" onClick={() => (error.id === null ? route() : void open(error.id))}>Try again</Button>
        <a className="button plain" href="#/practice">All sessions</a>
        <Button onClick={() => void toDesigns()}>Designs</Button>
      </p>
    </Empty>
  );
}

const KEYS: [string, string][] = [
  ["Enter", "send what was typed to the interviewer (Shift Enter: a new line)"],
  ["Alt T", "to the field for the interviewer"],
  ["Alt B", "to the blueprint"],
  ["Alt 1 … Alt 6", "notes, pad, decisions, estimate, problems, runs"],
  ["Ctrl Enter", "run the blueprint as far as it is wired"],
  ["Ctrl S", "keep the blueprint now; it is kept by itself after each pause in typing"],
  ["Alt P", "stop the clock, or let it go on"],
  ["Alt N", "to the next phase"],
  ["F6", "to the next region of the page"],
  ["Ctrl Space", "what may stand here"],
];

function Keys({ close: done }: { close: () => void }) {
  return (
    <Dialog title="Keys and help" onClose={done}>
      <header><h2>Keys of the practice room</h2><Button kind="quiet" icon="close" aria-label="Close" onClick={done} /></header>
      <dl className="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}><dt>{keys.split(" ").map((key, i) => (key === "…" ? " … " : <kbd key={i}>{key}</kbd>))}</dt><dd>{what}</dd></div>
        ))}
      </dl>
      <p className="muted">
        Everything is kept at the server as it happens. A page that is closed, a server that is killed: open the session again, and it
        goes on where it was. One program at a time works on a session, this page or a terminal.
      </p>
    </Dialog>
  );
}
