"""The exported adapter in llama.cpp ranks next tokens as PEFT does, on the real model."""

import json
from pathlib import Path

import orjson
import pytest
import torch
from peft import LoraConfig, get_peft_model

from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_training.base_model import BaseModel
from toolmesh_training.export import config_of_base, interleaved, write_gguf_adapter
from toolmesh_training.train_settings import LORA_TARGETS

PROMPT = "<|im_start|>user\nHow warm is it in Berlin?<|im_end|>\n<|im_start|>assistant\nTool:"
SHOWN = 20


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
@pytest.mark.timeout(120)
def test_llama_cpp_ranks_next_tokens_as_peft_does(smollm2: BaseModel, tmp_path: Path) -> None:
    ids = smollm2.tokenise(PROMPT)
    with torch.no_grad():
        before = smollm2.model(input_ids=torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    model = get_peft_model(smollm2.model, LoraConfig(r=4, lora_alpha=8, target_modules=list(LORA_TARGETS)))
    torch.manual_seed(11)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.05)
    model.save_pretrained(tmp_path / "peft", save_embedding_layers=False)
    adapter = write_gguf_adapter(tmp_path / "peft", tmp_path / "adapter.gguf", config_of_base(smollm2_path()))
    with torch.no_grad():
        after = model(input_ids=torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    model.unload()
    told = _next_tokens(adapter, ids, scale=1.0)
    # The adapter must matter, or its absence would not be seen.
    assert (after - before).abs().max() > 1.0
    best = after.topk(SHOWN).indices.tolist()
    assert next(iter(told)) == best[0]
    # The engine rounds activations to 8 bits, so near ties may change places.
    ranks = {token: at for at, token in enumerate(told)}
    assert all(abs(ranks.get(token, 999) - at) <= 3 for at, token in enumerate(best[:10]))
    assert len(set(best) & set(list(told)[:SHOWN])) >= SHOWN - 2
    assert max(abs(told[token] - float(after[token])) for token in best[:10]) < 0.35


def test_rows_are_two_interleaved_halves_a_head() -> None:
    rows = torch.arange(8).reshape(8, 1).numpy()
    assert interleaved(rows, 2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def _next_tokens(adapter: Path, ids: list[int], scale: float) -> dict[int, float]:
    """Log-probabilities of the likeliest next tokens, best first, by llama.cpp."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(smollm2_path())
    params.n_parallel, params.n_ctx = 1, 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 0.0)]
    params.warmup, params.verbosity = False, 1
    server = xllamacpp.Server(params)
    body = {"prompt": ids, "max_tokens": 1, "temperature": 0, "n_probs": 60, "lora": [{"id": 0, "scale": scale}]}
    replies: list[bytes] = []
    server.handle_completions(orjson.dumps(body), replies.append)
    reply = json.loads(replies[-1])
    return {each["id"]: each["logprob"] for each in reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]}
