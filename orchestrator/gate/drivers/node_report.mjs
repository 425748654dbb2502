// Reports what became of the tests of one file under node's own runner. Loaded before any code of the target, which
// finds the nonce gone from its pipe and no reference to it; the reporter answers to one caller, the runner itself.
import fs from "node:fs";

const { readFileSync, closeSync, writeSync } = fs;
const { stringify } = JSON;
export const given = process.env.AGENTCTL_REPORT;
delete process.env.AGENTCTL_REPORT;

let nonce = "";
let descriptor = -1;
let taken = false;
let written = 0;
let begun;
export const ready = new Promise((resolve) => {
  begun = resolve;
});

function write(record) {
  writeSync(descriptor, stringify(record) + "\n");
}

function outcome(event) {
  const { data, type } = event;
  if (data.todo !== undefined && data.todo !== false) return "xfailed";
  if (data.skip !== undefined && data.skip !== false) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

// What was thrown, below the wrapper of the runner.
function thrown(error) {
  const cause = error?.cause;
  return cause !== null && typeof cause === "object" ? cause : error;
}

function kind(error, text) {
  const said = error?.code === "ERR_ASSERTION" || error?.name === "AssertionError";
  if (!said) return String(error?.code ?? error?.name ?? "Error");
  const frame = text.split("\n").find((line) => /^\s+at .*(?:file:\/\/|\/)/.test(line) && !/node:|node_modules/.test(line));
  const own = process.argv[1] ?? "";
  return frame === undefined || frame.includes(own) ? "assertion" : String(error.name);
}

function settle(path, event) {
  const record = { name: path.join(" > "), outcome: outcome(event), detail: "", raised: "" };
  if (record.outcome === "failed") {
    const error = thrown(event.data.details?.error);
    const lines = String(error?.stack ?? error?.message ?? error).split("\n");
    const shown = lines.filter((line) => !/^\s+at .*(?:node:|<anonymous>\)$)/.test(line));
    record.detail = shown.join("\n").replaceAll(`file://${process.cwd()}/`, "");
    record.raised = kind(error, String(error?.stack ?? ""));
  }
  write(record);
  written += 1;
}

export default async function* report(source) {
  if (taken || given === undefined) return;
  taken = true;
  begun();
  const path = [];
  for await (const event of source) {
    const { data } = event;
    if (event.type === "test:start") {
      path.length = data.nesting;
      path[data.nesting] = data.name;
    } else if (event.type === "test:pass" || event.type === "test:fail") {
      path.length = data.nesting;
      path[data.nesting] = data.name;
      const isSuite = data.details?.type === "suite";
      // A suite that fails by its parts says nothing new; one whose own code throws does.
      if (!isSuite) settle(path, event);
      else if (event.type === "test:fail" && data.details?.error?.failureType !== "subtestsFailed") settle(path, event);
    }
  }
  write({ end: nonce, records: written });
}

if (given !== undefined) {
  const [nonceFd, reportFd] = given.split(",").map(Number);
  nonce = readFileSync(nonceFd, "utf8");
  closeSync(nonceFd);
  descriptor = reportFd;
}
