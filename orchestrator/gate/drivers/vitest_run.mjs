// Runs vitest through its own interface and reports what became of each test. Tests run in processes below this one.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [nonceFd, reportFd] = process.env.AGENTCTL_REPORT.split(",").map(Number);
delete process.env.AGENTCTL_REPORT;
const nonce = fs.readFileSync(nonceFd, "utf8");
fs.closeSync(nonceFd);
let written = 0;

function write(record) {
  fs.writeSync(reportFd, JSON.stringify(record) + "\n");
}

function tell(file, name, outcome, error) {
  const said = error ? [error.stack ?? `${error.name}: ${error.message}`, error.diff ?? ""].filter(Boolean).join("\n") : "";
  const lines = said.split("\n").filter((line) => !/^\s+at .*(?:node_modules|node:|<anonymous>\)$)/.test(line));
  write({ file, name, outcome, detail: lines.join("\n").replaceAll(`${process.cwd()}/`, ""), raised: kind(file, error, said) });
  written += 1;
}

function kind(file, error, said) {
  if (!error) return "";
  const name = String(error.name ?? "Error");
  if (name !== "AssertionError" && error.code !== "ERR_ASSERTION") return name;
  const frame = said.split("\n").find((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line));
  return frame === undefined || frame.includes(path.basename(file)) ? "assertion" : name;
}

function settle(file, task, above) {
  const names = [...above, task.name];
  const state = task.result?.state;
  if (task.tasks !== undefined) {
    for (const inner of task.tasks) settle(file, inner, names);
    // A suite of which a hook failed has errors of its own.
    if (state === "fail" && task.result.errors?.length) tell(file, names.join(" > "), "failed", task.result.errors[0]);
    return;
  }
  if (task.mode === "todo") tell(file, names.join(" > "), "xfailed");
  else if (task.mode === "skip" || state === "skip") tell(file, names.join(" > "), "skipped");
  else if (state === "pass") tell(file, names.join(" > "), task.fails ? "xfailed" : "passed");
  else tell(file, names.join(" > "), state === "fail" ? "failed" : "error", task.result?.errors?.[0]);
}

// A file that could not be loaded has no tests, and its own error.
function settleFile(file) {
  for (const task of file.tasks) settle(file.filepath, task, []);
  const errors = file.result?.errors ?? [];
  if (file.result?.state === "fail" && (errors.length > 0 || file.tasks.length === 0)) {
    tell(file.filepath, "", "error", errors[0] ?? new Error("it has no tests"));
  }
}

function located() {
  const require = createRequire(path.join(process.cwd(), "package.json"));
  const home = path.dirname(require.resolve("vitest/package.json"));
  return pathToFileURL(path.join(home, "dist", "node.js")).href;
}

async function run(startVitest, include) {
  const vitest = await startVitest("test", include, {
    watch: false,
    run: true,
    pool: "forks",
    reporters: [{}],
    passWithNoTests: true,
    coverage: { enabled: false },
    ...(include.length > 0 ? { include } : {}),
  });
  const files = vitest.state.getFiles();
  for (const file of files) settleFile(file);
  const unhandled = vitest.state.getUnhandledErrors();
  await vitest.close();
  if (unhandled.length > 0) throw new Error(`an error was thrown outside all tests: ${unhandled[0].stack ?? unhandled[0].message}`);
  return files.map((file) => path.relative(process.cwd(), file.filepath));
}

let problem = "";
try {
  const { startVitest } = await import(located());
  const { only, locked } = JSON.parse(process.argv[2]);
  const seen = await run(startVitest, only);
  const missed = locked.filter((file) => !seen.includes(file));
  if (only.length === 0 && missed.length > 0) await run(startVitest, missed);
} catch (error) {
  problem = `vitest could not run: ${error.stack ?? error}`;
}
write({ end: nonce, records: written, problem });
process.exit(0);
