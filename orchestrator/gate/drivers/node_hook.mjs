// Makes node's runner take our reporter before any code of the target is loaded, and not when that first asks for a test.
import { after } from "node:test";
import { given, ready } from "./node_report.mjs";

if (given) {
  after(() => {});
  await ready;
}
