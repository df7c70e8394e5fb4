"""The checks catch what they are there for: each is shown texts that break its rule, and some that do not."""

import sys
import unittest
from pathlib import Path

import import_rules
import source_rules
import swift_text


def sentences(path, text):
    return [sentence for _, sentence in source_rules.breaches(Path(path), text)]


class SwiftText(unittest.TestCase):
    def test_comments_and_literals_are_blanked(self):
        source = 'let a = "{ \\(b("}")) {" // {\n/* { /* { */ */ let c = #"\\("{"# + """\n{\n"""\n'
        code = swift_text.blanked(source)
        self.assertNotIn("{", code)
        self.assertEqual(code.count("\n"), source.count("\n"))
        self.assertIn("let c", code)

    def test_functions_are_measured(self):
        code = "protocol P {\n    func a()\n    var b: Int { get }\n}\n"
        code += "func c(\n    d: () -> Void = {}\n) -> Int\n{\n}\n"
        found = [(first, count) for first, count, _ in swift_text.functions(swift_text.blanked(code))]
        self.assertEqual(found, [(3, 1), (5, 5)])

    def test_operators_and_initialisers_have_bodies(self):
        code = "static func == (a: A, b: A) -> Bool {\n}\ninit?(_ x: Int) {\n}\n"
        code += "let y = A.init(x)\nvar z: Int = 1\n"
        found = [(first, count) for first, count, _ in swift_text.functions(code)]
        self.assertEqual(found, [(1, 2), (3, 2)])


class SourceRules(unittest.TestCase):
    def test_long_functions_lines_and_files(self):
        long_function = "func f() {\n" + "    g()\n" * 69 + "}\n"
        self.assertEqual(len(sentences("Sources/A/A.swift", long_function)), 1)
        self.assertEqual(sentences("Sources/A/A.swift", long_function.replace("    g()\n", "", 1)), [])
        self.assertEqual(len(sentences("Sources/A/A.swift", "/" * 111 + "\n")), 1)
        self.assertEqual(sentences("Sources/A/A.swift", "/" * 110 + "\n"), [])
        self.assertEqual(len(sentences("Sources/A/A.swift", "\n" * 501)), 1)
        self.assertEqual(sentences("Sources/A/A.swift", "\n" * 500), [])

    def test_forbidden_code(self):
        for code in ["try! f()", "x as! Int", "// TO" + "DO: later", "open(\"/ro" + "ot/x\")"]:
            self.assertEqual(len(sentences("Sources/A/A.swift", code)), 1, code)
        for code in ["// never try! this", "try f()", "x as? Int", "/workers/", "https://a.example/work/"]:
            self.assertEqual(sentences("Sources/A/A.swift", code), [], code)

    def test_sleeping_tests(self):
        for code in ["try await Task.sleep(for: .seconds(1))", "usleep(1)", "sleep(1)"]:
            self.assertEqual(len(sentences("Tests/ATests/A.swift", code)), 1, code)
            self.assertEqual(sentences("Sources/A/A.swift", code), [], code)
        pause = "time.sl" + "eep(1)"
        self.assertEqual(len(sentences("Tests/Integration/test_a.py", pause)), 1)
        self.assertEqual(sentences("Tests/Integration/harness/waiting.py", pause), [])


class ImportRules(unittest.TestCase):
    def test_all_forms_of_import_are_seen(self):
        source = "import A\n@testable import B\ninternal import C\nimport struct D.E\n"
        source += "@_spi(X) public import F\n// import G\n"
        found = [match.group(1) for match in import_rules.IMPORT.finditer(swift_text.blanked(source))]
        self.assertEqual(found, ["A", "B", "C", "D", "F"])

    def test_arrows_point_down(self):
        def target(name, kind="regular", dependencies=()):
            listed = [{"byName": [one, None]} for one in dependencies]
            return import_rules.Target({"name": name, "type": kind, "dependencies": listed})

        def breaches(*targets):
            return len(list(import_rules.order_breaches(targets)))

        self.assertEqual(breaches(target("A"), target("B", dependencies=["A"])), 0)
        self.assertEqual(breaches(target("B", dependencies=["A"]), target("A")), 1)
        self.assertEqual(breaches(target("LogClient"), target("RedisBus", dependencies=["LogClient"])), 1)

    def test_impure_words(self):
        for code in ["ContinuousClock.now", "Int.random(in: 0...1)", "Task { }", "print(1)"]:
            self.assertIsNotNone(import_rules.IMPURE.search(code), code)
        for code in ["blueprint(1)", "randomised", "struct Task {}"[:11]]:
            self.assertIsNone(import_rules.IMPURE.search(code), code)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=0).result.wasSuccessful() else 1)
