"""Files of the form that Whisper, Piper and Kokoro have, small enough to be made when they are needed.

The libraries that read and run them are real. What the models say is fixed; how long they say it is up to the text.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
from ctranslate2.specs.transformer_spec import TransformerDecoderLayerSpec, TransformerEncoderLayerSpec
from ctranslate2.specs.whisper_spec import WhisperSpec
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

PIPER_HZ = 22_050
# A model says this much for each symbol of the text, at its usual pace.
SAMPLES_A_SYMBOL = 600

# https://github.com/openai/whisper/blob/main/whisper/tokenizer.py
_MARKS = [
    *("<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>"),
    *("<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
]
_TIMES = [f"<|{number * 0.02:.2f}|>" for number in range(1_501)]
_WIDTH, _MELS, _FRAMES, _TOKENS = 64, 80, 1_500, 448


def whisper(folder: Path, *, word: str) -> None:
    """A model for English that hears `word`, of small letters, in everything: its weights are all but noise."""
    random = np.random.default_rng(1)

    def noise(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) / 1_000).astype(np.float32)

    def linear(spec: LinearSpec, wide: int, narrow: int) -> None:
        spec.weight, spec.bias = noise(wide, narrow), noise(wide)

    def norm(spec: LayerNormSpec) -> None:
        spec.gamma, spec.beta = np.ones(_WIDTH, np.float32), noise(_WIDTH)

    def block(spec: TransformerEncoderLayerSpec | TransformerDecoderLayerSpec) -> None:
        norm(spec.self_attention.layer_norm)
        linear(spec.self_attention.linear[0], 3 * _WIDTH, _WIDTH)
        linear(spec.self_attention.linear[1], _WIDTH, _WIDTH)
        norm(spec.ffn.layer_norm)
        linear(spec.ffn.linear_0, 4 * _WIDTH, _WIDTH)
        linear(spec.ffn.linear_1, _WIDTH, 4 * _WIDTH)

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*_MARKS, *_TIMES])
    tokenizer.save(str(folder / "tokenizer.json"))

    spec = WhisperSpec(1, 1, 1, 1)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = noise(_WIDTH, _MELS, 3), noise(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = noise(_WIDTH, _WIDTH, 3), noise(_WIDTH)
    encoder.position_encodings.encodings = noise(_FRAMES, _WIDTH)
    # Where it is in its answer is all that the decoder goes by: each place has a direction, and each token its places.
    places, tokens = noise(_TOKENS, _WIDTH), noise(len(letters) + len(_MARKS) + len(_TIMES), _WIDTH)
    places[range(_WIDTH), range(_WIDTH)] = 10
    for place, token in enumerate([*tokenizer.encode(word).ids, tokenizer.token_to_id("<|endoftext|>")], start=1):
        tokens[token, place] += 1
    decoder.position_encodings.encodings = places
    decoder.embeddings.weight = decoder.projection.weight = tokens
    for layer in (*encoder.layer, *decoder.layer):
        block(layer)
    for layer in decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], _WIDTH, _WIDTH)
        linear(layer.attention.linear[1], 2 * _WIDTH, _WIDTH)
        linear(layer.attention.linear[2], _WIDTH, _WIDTH)
    for last in (encoder.layer_norm, decoder.layer_norm):
        norm(last)
    spec.register_vocabulary([*letters, *_MARKS, *_TIMES])
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))


def piper(file: Path) -> None:
    """A voice that hums; as long as its symbols times its length scale."""
    nodes = [
        _node("Gather", ["scales", "one"], "slower"),
        _node("Cast", ["input_lengths"], "symbols", to=_FLOAT),
        _node("Squeeze", ["symbols"], "count"),
        _node("Mul", ["count", "slower"], "size"),
        *_hum("size", "output"),
    ]
    inputs = [_value("input", _INT64, 1, 0), _value("input_lengths", _INT64, 1), _value("scales", _FLOAT, 3)]
    file.write_bytes(_model(nodes, inputs, _value("output", _FLOAT, 0)))
    config = {
        "audio": {"sample_rate": PIPER_HZ},
        "espeak": {"voice": "en-us"},
        "num_symbols": 256,
        "num_speakers": 1,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    file.with_name(f"{file.name}.json").write_text(json.dumps(config))


def kokoro(model: Path, voices: Path, *names: str) -> None:
    """A model that hums, as long as its symbols and as fast as it is told; and its voices."""
    nodes = [
        _node("Shape", ["tokens"], "shape"),
        _node("Gather", ["shape", "one"], "symbols"),
        _node("Cast", ["symbols"], "count", to=_FLOAT),
        _node("Squeeze", ["speed"], "faster"),
        _node("Div", ["count", "faster"], "size"),
        *_hum("size", "audio"),
    ]
    inputs = [_value("tokens", _INT64, 1, 0), _value("style", _FLOAT, 1, 256), _value("speed", _FLOAT, 1)]
    model.write_bytes(_model(nodes, inputs, _value("audio", _FLOAT, 0)))
    with voices.open("wb") as file:
        np.savez(file, allow_pickle=False, **{name: np.zeros((510, 1, 256), np.float32) for name in names})


# ONNX, as far as it is needed, in protobuf's own terms: a field's number, and what is in it.
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_INT = 2

_Field = int | str | bytes
_Fields = Mapping[int, _Field | list[str] | list[bytes]]


def _message(fields: _Fields) -> bytes:
    return b"".join(_fields(fields))


def _fields(fields: _Fields) -> Iterator[bytes]:
    for number, content in fields.items():
        for one in content if isinstance(content, list) else [content]:
            if isinstance(one, int):
                yield _varint(number << 3) + _varint(one)
            else:
                data = one.encode() if isinstance(one, str) else one
                yield _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _node(kind: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    told = [_message({1: name, 3: value, 20: _ATTRIBUTE_INT}) for name, value in attributes.items()]
    return _message({1: inputs, 2: output, 4: kind, 5: told})


def _value(name: str, kind: int, *sizes: int) -> bytes:
    """What goes in or comes out; a size of 0 may be any."""
    shape = _message({1: [_message({1: size} if size else {2: "n"}) for size in sizes]})
    return _message({1: name, 2: _message({1: _message({1: kind, 2: shape})})})


def _constant(name: str, kind: int, data: bytes) -> bytes:
    return _message({2: kind, 8: name, 9: data})


def _hum(size: str, output: str) -> list[bytes]:
    return [
        _node("Mul", [size, "samples"], "end"),
        _node("Range", ["zero", "end", "step"], "phase"),
        _node("Sin", ["phase"], output),
    ]


def _model(nodes: list[bytes], inputs: list[bytes], output: bytes) -> bytes:
    constants = [
        _constant("one", _INT64, np.int64(1).tobytes()),
        _constant("zero", _FLOAT, np.float32(0).tobytes()),
        _constant("step", _FLOAT, np.float32(0.1).tobytes()),
        _constant("samples", _FLOAT, np.float32(0.1 * SAMPLES_A_SYMBOL).tobytes()),
    ]
    graph = _message({1: nodes, 2: "hum", 5: constants, 11: inputs, 12: output})
    return _message({1: 8, 7: graph, 8: _message({2: 17})})
