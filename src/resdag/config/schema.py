"""The JSON schema of study files, for editors; config/schema.json is this, written down."""

import json

from resdag.config.study import Study


def schema_text() -> str:
    """config/schema.json as it should be."""
    schema = Study.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A resdag study"
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"
