import "@xyflow/react/dist/base.css";
import "./styles.css";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { say, start } from "./actions";
import { applyTheme, get } from "./store";

applyTheme(get().theme);
createRoot(document.getElementById("root")!).render(<App />);
start().catch(say);
