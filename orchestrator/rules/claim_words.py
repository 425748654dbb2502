"""The words by which tasks say what they do to symbols. Pure; English, in lower case and without hyphens."""

BREAKS = {
    "rename": "renames",
    "remove": "removes",
    "delete": "removes",
    "drop": "removes",
    "retire": "removes",
    "move": "moves",
    "replace": "replaces",
    "split": "splits",
    "redeclare": "redeclares",
}
CHANGES = frozenset({"change", "modify", "alter", "redesign", "redefine", "rework"})
PERHAPS = frozenset({"update", "extend", "rewrite", "adapt", "convert", "turn", "make", "let", "have", "give"})
"""They change a symbol only where the sentence speaks of what its callers see."""
WRITES = frozenset({"write", "add", "define", "create", "implement", "introduce", "provide", "declare", "expose"})
PARTICIPLES = {
    "renamed": "renames",
    "removed": "removes",
    "deleted": "removes",
    "dropped": "removes",
    "moved": "moves",
    "replaced": "replaces",
    "split": "splits",
    "changed": "changes",
    "redefined": "changes",
}
SEEN = frozenset(
    (
        *("return", "returns", "returning", "take", "takes", "taking", "accept", "accepts", "accepting"),
        *("raise", "raises", "raising", "throw", "throws", "throwing", "yield", "yields", "require", "requires"),
        *("signature", "parameter", "parameters", "argument", "arguments", "async", "asynchronous", "awaitable"),
        *("coroutine", "generator", "instead"),
    )
)
"""What callers see of a function."""
PARAMETERS = frozenset({"parameter", "parameters", "argument", "arguments"})
COMPATIBLE = frozenset({"optional", "optionally", "default", "defaults", "also", "too", "additionally", "keep"})
KINDS = frozenset(
    (
        *("function", "functions", "class", "classes", "constant", "constants", "type", "types", "interface"),
        *("interfaces", "helper", "helpers", "struct", "structs", "enum", "enums", "trait", "traits", "dataclass"),
        *("exception", "protocol", "coroutine", "method", "methods", "symbol", "symbols"),
    )
)
METHODS = frozenset({"method", "methods"})
FILLERS = KINDS | frozenset(
    (
        *("the", "a", "an", "this", "its", "all", "old", "new", "deprecated", "unused", "public", "private"),
        *("exported", "existing", "legacy", "global", "async", "pure", "small", "name", "names", "of", "both"),
        *("signature", "return", "type", "parameters", "arguments", "behaviour", "behavior", "how", "what", "module"),
        *("file", "files", "from"),
    )
)
BEFORE = FILLERS - {"from"}
LINKS = KINDS | {"the", "a", "an", ",", "and", "&"}
"""What may stand between two symbols that the same verb is about."""
PARTS = frozenset(
    (
        *("call", "calls", "import", "imports", "use", "uses", "usage", "usages", "flag", "flags", "option", "options"),
        *("column", "columns", "field", "fields", "key", "keys", "argument", "arguments", "parameter", "parameters"),
        *("command", "commands", "subcommand", "entry", "entries", "row", "rows", "line", "lines", "section", "header"),
        *("endpoint", "route", "table", "test", "tests", "event", "state", "status", "value", "values", "prefix"),
        *("decorator", "attribute", "property", "variable", "setting", "suffix", "page", "dependency", "package"),
        *("check", "checks", "case", "cases", "block", "branch", "directory", "folder", "logic"),
    )
)
"""After a name they say that not the symbol is meant but something that is called so, or a part of it."""
ELSEWHERE = frozenset(
    {"not", "never", "without", "cannot", "once", "after", "when", "if", "unless", "until", "before", "whether"}
)
AUXILIARY = frozenset({"is", "are", "be", "must", "should", "shall", "will", "to", "needs", "need", "gets", "being"})
STAYS = frozenset({"alias", "aliases", "keep", "keeps", "keeping", "compatible", "compatibility"})
"""What is renamed or moved so can still be used as before."""
JOINS = frozenset({"and", "then", "also", "please"})
