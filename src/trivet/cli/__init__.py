"""The command line: parse, call one use-case, print. Nothing heavy is imported until a command runs.

Reading order: `main` (the app and its exits), `answers` (text and JSON), `progress`, then the commands by
theme: `planning`, `changes`, `process`, `files`, `care`.
"""
