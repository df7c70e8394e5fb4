"""Just enough of Swift's grammar to measure functions: comments and literals are blanked, braces matched."""

import re

# What opens a body to measure: a function, initialiser, subscript or computed property.
_DECLARATION = re.compile(
    r"(?<![.\w`])(?:func\s+\S|init\s*[?!]?\s*[<(]|deinit\b|subscript\s*[<(]|var\s+\w+\s*:)")
_CONTINUATION = re.compile(r"\s*(?:->|where\b|throws\b|rethrows\b|async\b|\{|&|:)")


def blanked(source):
    """The source with the contents of comments and string literals replaced by spaces, newlines kept."""
    out = []
    at = 0
    while at < len(source):
        if source.startswith("//", at):
            end = source.find("\n", at)
            end = len(source) if end < 0 else end
        elif source.startswith("/*", at):
            end = _comment_end(source, at)
        elif _STRING_START.match(source, at):
            end = _string_end(source, at)
        else:
            out.append(source[at])
            at += 1
            continue
        out.append(re.sub(r"[^\n]", " ", source[at:end]))
        at = end
    return "".join(out)


_STRING_START = re.compile(r'(#*)("""|")')


def _comment_end(source, at):
    """Behind a block comment; they nest."""
    depth = 0
    while at < len(source):
        if source.startswith("/*", at):
            depth += 1
            at += 2
        elif source.startswith("*/", at):
            depth -= 1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return len(source)


def _string_end(source, at):
    """Behind a string literal, whatever its interpolations hold."""
    hashes, quote = _STRING_START.match(source, at).groups()
    at += len(hashes) + len(quote)
    escape = "\\" + hashes
    while at < len(source):
        if source.startswith(quote + hashes, at):
            return at + len(quote) + len(hashes)
        if source.startswith(escape + "(", at):
            at = _interpolation_end(source, at + len(escape) + 1)
        elif source.startswith(escape, at):
            at += len(escape) + 1
        else:
            at += 1
    return len(source)


def _interpolation_end(source, at):
    depth = 1
    while at < len(source) and depth > 0:
        if _STRING_START.match(source, at):
            at = _string_end(source, at)
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return at


def functions(code):
    """Yields (first line, from 1; line count; text of the first line) of each body in blanked code."""
    for match in _DECLARATION.finditer(code):
        opening = _body_start(code, match.start())
        if opening is None:
            continue
        end = _matching_brace(code, opening)
        first = code.count("\n", 0, match.start()) + 1
        last = code.count("\n", 0, end) + 1
        line_start = code.rfind("\n", 0, match.start()) + 1
        yield first, last - first + 1, code[line_start : code.find("\n", line_start)].strip()


def _body_start(code, at):
    """Where the declaration's `{` stands; None for one without a body."""
    depth = 0
    while at < len(code):
        character = code[at]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth == 0 and character == "{":
            return at
        elif depth == 0 and character in "}=":
            # The end of the enclosing type, or a stored property; `==` is an operator's name.
            if character == "}" or code[at - 1 : at + 2].count("=") == 1:
                return None
        elif depth == 0 and character == "\n" and not _CONTINUATION.match(code, at):
            return None
        at += 1
    return None


def _matching_brace(code, at):
    depth = 0
    while at < len(code):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        if depth == 0:
            return at
        at += 1
    return len(code)
