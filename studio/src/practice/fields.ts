/** Fields whose half-typed text outlives a closed page, by session. */

import { useState } from "react";
import { kept } from "../store";
import { getRoom } from "./state";

export function useField(name: string): [string, (text: string) => void] {
  const key = `practice.field:${getRoom().view?.id ?? ""}:${name}`;
  const [text, setText] = useState(() => kept.read<string>(key) ?? "");
  const change = (next: string) => {
    setText(next);
    if (next) kept.write(key, next);
    else kept.remove(key);
  };
  return [text, change];
}
