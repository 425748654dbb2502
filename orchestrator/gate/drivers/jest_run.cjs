// Runs jest through its own interface and reports what became of each test. Tests run in processes below this one where
// jest sees fit to start some; else beside it, in a context of their own.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");

const [nonceFd, reportFd] = process.env.AGENTCTL_REPORT.split(",").map(Number);
delete process.env.AGENTCTL_REPORT;
const nonce = fs.readFileSync(nonceFd, "utf8");
fs.closeSync(nonceFd);
const { stringify } = JSON;
const { writeSync } = fs;
const OUTCOMES = { passed: "passed", failed: "failed", todo: "xfailed" };
let written = 0;

function write(record) {
  writeSync(reportFd, stringify(record) + "\n");
}

function tell(file, name, outcome, detail, raised) {
  const lines = detail.split("\n").filter((line) => !/^\s+at .*(?:node_modules|node:|<anonymous>\)$)/.test(line));
  write({ file, name, outcome, detail: lines.join("\n").replaceAll(`${process.cwd()}/`, ""), raised });
  written += 1;
}

// jest gives the failed comparison along with its text; what else is thrown has neither.
function kind(file, result) {
  const [details] = result.failureDetails ?? [];
  if (details === undefined) return "";
  const text = String(result.failureMessages?.[0] ?? "");
  const compared = details.matcherResult !== undefined || details.name === "AssertionError" || details.code === "ERR_ASSERTION";
  if (!compared && !/expect\(|JestAssertionError/.test(text)) return String(details.name ?? /^(\w+Error)/.exec(text)?.[1] ?? "Error");
  const frame = text.split("\n").find((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line));
  return frame === undefined || frame.includes(path.basename(file)) ? "assertion" : "Error";
}

// Checks of specs are modules, which node's own runner runs.
const OTHERS = /\/tests\/spec_\w+\/\w+\.test\.m[jt]s$/;

async function run(runCLI, only) {
  const settings = { _: only, $0: "", ci: true, silent: true, reporters: [], watchman: false, passWithNoTests: true, maxWorkers: 2 };
  const given = only.length > 0 ? { ...settings, runTestsByPath: true } : settings;
  const { results } = await runCLI({ ...given, cache: false, coverage: false }, [process.cwd()]);
  for (const file of results.testResults.filter((each) => !OTHERS.test(each.testFilePath))) {
    for (const each of file.testResults) {
      const name = [...each.ancestorTitles, each.title].join(" > ");
      tell(file.testFilePath, name, OUTCOMES[each.status] ?? "skipped", each.failureMessages.join("\n"), kind(file.testFilePath, each));
    }
    if (file.testExecError) tell(file.testFilePath, "", "error", String(file.failureMessage ?? file.testExecError.message), "");
  }
  if (results.runExecError) throw new Error(results.runExecError.message);
  return results.testResults.map((file) => path.relative(process.cwd(), file.testFilePath));
}

async function main() {
  const own = createRequire(path.join(process.cwd(), "package.json"));
  const { runCLI } = own("jest");
  const { only, locked } = JSON.parse(process.argv[2]);
  const seen = await run(runCLI, only);
  const missed = locked.filter((file) => !seen.includes(file));
  if (only.length === 0 && missed.length > 0) await run(runCLI, missed);
  return "";
}

main().then(
  (problem) => write({ end: nonce, records: written, problem }),
  (error) => write({ end: nonce, records: written, problem: `jest could not run: ${error.stack ?? error}` }),
).finally(() => process.exit(0));
