#!/usr/bin/python3 -IS
"""The controller's part of Juju, for tests: writes what the hook tools of a unit (tests/charm/hook-tool) will answer.

juju.py deploy STATE CHARM                   the charm's options, with their defaults
juju.py config STATE [NAME=VALUE...]         sets options as `juju config` does, by their types; NAME@FILE reads a file
juju.py action STATE NAME=VALUE...           parameters of the next action; values are JSON where they look like it
juju.py relate STATE ID UNIT NAME=VALUE...   a relation, and what the remote unit has set in it
juju.py part STATE ID                        the relation is no more
juju.py show STATE FILE [KEY]                what the charm said: KEY of the JSON file FILE
"""
import json
import os
import sys

TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


def load(path, default):
    try:
        with open(path, encoding="utf-8") as source:
            return json.load(source)
    except FileNotFoundError:
        return default


def store(path, value):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=1, sort_keys=True)


def typed(kind, name, text):
    if kind == "int":
        return int(text)
    if kind == "boolean":
        if text not in TRUE + FALSE:
            sys.exit('option "%s" expected boolean, got "%s"' % (name, text))
        return text in TRUE
    return text


def deploy(state, charm):
    import yaml  # takes longer than all the rest
    with open(os.path.join(charm, "config.yaml"), encoding="utf-8") as source:
        options = yaml.safe_load(source)["options"]
    values = {name: option.get("default") for name, option in options.items()}
    values.update(load(os.path.join(state, "config.json"), {}))
    store(os.path.join(state, "config.json"), values)
    store(os.path.join(state, "kinds.json"), {name: option.get("type", "string") for name, option in options.items()})


def config(state, *settings):
    kinds = load(os.path.join(state, "kinds.json"), {})
    path = os.path.join(state, "config.json")
    values = load(path, {})
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or "@" in name:
            name, _, file = setting.partition("@")
            with open(file, encoding="utf-8") as source:
                text = source.read()
        if name not in kinds:
            sys.exit('unknown option "%s"' % name)
        values[name] = typed(kinds[name], name, text)
    store(path, values)


def value_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def action(state, *settings):
    pairs = (setting.partition("=") for setting in settings)
    store(os.path.join(state, "action.json"), {name: value_of(text) for name, _, text in pairs})


def relate(state, number, unit, *settings):
    path = os.path.join(state, "relations.json")
    relations = load(path, {})
    data = dict(setting.split("=", 1) for setting in settings)
    relations.setdefault(number, {"units": {}})["units"][unit] = data
    store(path, relations)


def part(state, number):
    path = os.path.join(state, "relations.json")
    relations = load(path, {})
    relations.pop(number, None)
    store(path, relations)


def show(state, name, *keys):
    value = load(os.path.join(state, name), {})
    for key in keys:
        value = value.get(key, "") if isinstance(value, dict) else ""
    print(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


if __name__ == "__main__":
    VERBS = {"deploy": deploy, "config": config, "action": action, "relate": relate, "part": part, "show": show}
    VERBS[sys.argv[1]](*sys.argv[2:])
