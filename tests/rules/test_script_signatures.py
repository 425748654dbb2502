"""What a module of TypeScript or JavaScript has to keep of the stub that declares it."""

import pytest
from agentctl.orchestrator.rules.script_signatures import broken

STUB = """\
import type { Row } from "./row";
export interface Options { deep?: boolean; limit: number; pick(row: Row): boolean }
export type Kind = "a" | 'b';
export enum Level { Low, High }
export const LIMIT: number = 3;
export function load(path: string, options?: Options): Promise<Row[]> { throw new Error("not implemented"); }
export class Store extends Map {
  readonly size: number;
  constructor(public root: string, private secret: string) { super(); }
  put(key: string, ...rest: string[]): void { throw new Error("not implemented"); }
  static of(root: string): Store { throw new Error("not implemented"); }
  private hidden(): void {}
}
export default load;
"""
KEPT = """\
import { type Row, rows } from "./row";
export type Options = {
  limit: number,
  deep?: boolean,
  pick(row: Row): boolean;
  more?: string;
}
export type Kind =
  | "a"
  | "b";
export enum Level { Low, High, Higher }
export const LIMIT = 4;
/** Loads. */
export const load = async (path: string, options: Options = { limit: 1 }, again = false): Promise<Row[]> => rows(path);
class Base extends Map {}
class Store extends Base {
  #kept = 1;
  size;
  constructor(readonly root: string, secret: string) { super(); this.size = 1; }
  put(_key: string, ...rest: string[]) { this.hide(rest); }
  static of = (root: string): Store => new Store(root);
  private hide(rest: string[]) {}
}
export { Store };
export default load;
"""


def words(source: str, stub: str = STUB, path: str = "a.ts") -> list[str]:
    return [each.words for each in broken(path, stub, source)]


def test_bodies_order_private_members_and_what_is_added_without_need_are_free() -> None:
    assert words(KEPT) == []
    assert words(STUB) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("export type Kind =", "type Kind =", ["type `Kind` is missing"]),
        ('| "b"', '| "c"', ['type `Kind` is `"a" | "c"`; declared is `"a" | "b"`']),
        ("Low, High, Higher", "High, Low", ["enum `Level` has its members in another order"]),
        ("Low, High, Higher", "Low", ["enum `Level` has no `High`"]),
        ("const LIMIT = 4", "const LIMIT: string = ''", ["`LIMIT` has the type `string`; declared is `number`"]),
        ("deep?: boolean", "deep: boolean", ["field `Options.deep` has to be given now"]),
        ("more?: string", "more: string", ["interface `Options` gained `more`, which has to be given"]),
        ("pick(row: Row)", "pick(row: string)", ["method `Options.pick` has a parameter `row` of type `string`"]),
        ("  limit: number,", "", ["interface `Options` has no field `limit: number`"]),
        ("(path: string, options: Opt", "(options: string, path: Opt", ["function `load` takes (options, path"]),
        ("options: Options = { limit: 1 }", "options: Options", ["function `load` has a parameter `options` that has"]),
        ("again = false", "again: boolean", ["function `load` gained the parameter `again`, which has to be given"]),
        ("Promise<Row[]> =>", "Row[] =>", ["function `load` returns `Row [ ]`"]),
        ("...rest: string[]) {", "rest: string[]) {", ["method `Store.put` takes (_key, rest)"]),
        ("  put(", "  add(", ["class `Store` has no method `put(key: string, ...rest: string[]): void`"]),
        ("readonly root: string", "root: string", ["class `Store` has no field `root: string`"]),
        ("class Base extends Map {}", "class Base {}", ["class `Store` is no `Map` any more"]),
        ("export { Store };", "export function Store() {}", ["class `Store` is a function now"]),
        ("export default load;", "", ["function `default` is missing"]),
    ],
)  # fmt: skip
def test_what_others_build_on_may_neither_go_nor_change(old: str, new: str, said: list[str]) -> None:
    assert old in KEPT
    found = words(KEPT.replace(old, new))
    assert [one for one in said if not any(each.startswith(one) for each in found)] == [], found


def test_modules_of_node_and_names_that_come_from_elsewhere() -> None:
    stub = "function loud(text, times) {}\nmodule.exports = { loud, quiet(text) {} };\n"
    assert (
        words("exports.loud = (text, times = 2) => text;\nexports.quiet = require('./q').quiet;\n", stub, "a.cjs") == []
    )
    assert words("module.exports = { loud: (times, text) => text };\n", stub, "a.cjs") == [
        "function `loud` takes (times, text); declared is `loud(text, times)`",
        "function `quiet` is missing",
    ]
    assert (
        words('export * from "./b.js";\nexport { loud } from "./c.js";\n', "export function loud(a) {}\n", "a.js") == []
    )


def test_an_interface_of_the_spec_need_not_say_export_and_a_module_has_to() -> None:
    assert words("export const add = (a: number) => a;", "function add(a: number): number;") == []
    assert words("const other = 1;\nexport { other };", "function add(a: number): number;") == [
        "function `add` is missing"
    ]


def test_what_cannot_be_read_is_for_the_gate() -> None:
    assert (words("export function ("), words(KEPT, "export {")) == ([], [])


def test_types_may_nest_deeper_than_python_recurses() -> None:
    deep = "export type A = " + "[" * 3000 + "1" + "]" * 3000 + ";\n"
    assert words(deep.replace("1", "2"), deep)[0].startswith("type `A` is `")


OVERLOADS = """\
export function over(a: string): void;
export function over(a: number): void;
export function over(a: any) {}
"""


def test_of_overloads_the_signature_that_implements_them_is_free() -> None:
    kept = OVERLOADS.replace("any", "string | number")
    assert words(kept, OVERLOADS) == []
    [said] = words(kept.replace("a: number)", "a: bigint)"), OVERLOADS)
    assert said.endswith("declared is `over(a: number): void`")
