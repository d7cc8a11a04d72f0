import "./style/base.css";
import "./style/parts.css";
import "./style/live.css";
import "./style/charts.css";
import { analytics } from "./pages/analytics/page";
import { experiments } from "./pages/experiments/page";
import { live } from "./pages/live/page";
import { models } from "./pages/models/page";
import { streams } from "./pages/streams";
import { whenKeyChanges } from "./ui/keys";
import { run } from "./ui/shell";

const shell = run([live, streams, analytics, models, experiments]);
whenKeyChanges(shell.again);
