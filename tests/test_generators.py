"""No caption accuses a photograph, and what generators write is known wherever it stands."""

import json

import pytest
from PIL import ExifTags, Image

from conftest import encoded
from real_or_ai.claims import evidence, generators

IMAGE = Image.new("RGB", (64, 48), "teal")

# What people write beside photographs: English, Spanish, German, French, Italian, and some more.
INNOCENT = [
    "Imagen del puerto de Valencia", "imagen 3 de la serie", "La imagen muestra el río",
    "not AI generated", "This is not an AI-generated picture", "No AI was used", "no midjourney",
    "Gemini South observatory, Cerro Pachón", "Gemini constellation over the lake", "Gemini twins",
    "Firefly (Photinus pyralis)", "Firefly jar at dusk", "Serenity, a Firefly class ship model",
    "steps: 3 of 12, seed: pumpkin", "Steps: 1. mix, 2. bake; size: 20x30 cm tin",
    "Ten steps: 10 minutes, seed: poppy, cfg: none", "The steps: 39, and a sampler of quilts",
    "Flux of the river Rhine", "A sampler: cross-stitch, 1840", "Seed: 5 kg barley, steps: 2",
    "Sora bird (Porzana carolina)", "Veo el mar desde aquí", "Veo, veo", "Grok this view",
    "Midjourney rest stop, Route 66", "Dall-E-mail from grandfather", "Leonardo da Vinci airport",
    "Ideogram on a temple wall, Kyoto", "Runway 24L at dawn", "Playground near school", "Pika pika",
    "Luma, our dog", "Recraft fair 2019", "Aurora borealis",
    "Stable diffusion of gases, experiment 4",
    "Open AI conference, stage left", "Talk on generative models, GPT-4o on the slide",
    "A poster against ChatGPT in class", "Comfy UI workshop at the library",
    "Prompt: be there at noon",
    "prompt delivery, seed: 12, steps to the door", "Workflow of the bakery",
    "Kein KI-Bild: mit der Leica aufgenommen", "Nicht von einer KI erzeugt", "Bild ohne KI",
    "Das Glühwürmchen (Firefly) im Garten", "Schritte: 20, Samen: Kürbis",
    "Sans IA, photo argentique", "Image du port de Marseille", "Étapes : 4, graine : courge",
    "Foto non generata da IA", "Immagine del porto di Genova", "Passi: 20, seme: zucca",
    "Imagen no generada por IA", "Pasos: 20, semilla: calabaza", "Los Gemelos (Gemini)",
    "Фото не создано нейросетью", "写真です。AI生成ではありません", "这不是AI生成的图片",
    "{not json", "{\"title\": \"harbour\", \"seed\": 3}", "[1, 2, 3]", "{\"prompt\": \"smile!\"}",
    "{\"label\": \"1\", \"name\": \"box\"}", "seed bank, 2021", "The AI Generated Art Prize: jury",
    "Job ID: 1234", "Bing, my cat", "Janus head, Rome", "Reve de jour", "Kling Klang studio",
]  # fmt: skip


def exif_of(**texts: object) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "Canon EOS R5"
    for name, text in texts.items():
        tag = ExifTags.Base[name]
        if name == "UserComment":
            exif[ExifTags.IFD.Exif] = {tag: text}
        elif name.startswith("XP"):
            exif[tag] = (str(text) + "\0").encode("utf-16-le")
        else:
            exif[tag] = text
    return exif


def xmp_of(text: str) -> bytes:
    from xml.sax.saxutils import escape

    said = escape(text)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-'
        'syntax-ns#"><r:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>'
        f'<r:Alt><r:li xml:lang="x-default">{said}</r:li></r:Alt></dc:description><dc:title>{said}'
        f"</dc:title><dc:creator><r:Seq><r:li>{said}</r:li></r:Seq></dc:creator></r:Description>"
        "</r:RDF></x:xmpmeta>"
    ).encode()


def everywhere(text: str) -> dict[str, bytes]:
    """The text in each place where people's own words stand, of a camera's JPEG."""
    code = b"UNICODE\0" + text.encode("utf-16-be")
    found = {
        name: encoded(IMAGE, "JPEG", exif=exif_of(**{name: text}))
        for name in (
            "ImageDescription",
            "Artist",
            "Copyright",
            "XPComment",
            "XPTitle",
            "XPKeywords",
        )
    }
    found["UserComment"] = encoded(IMAGE, "JPEG", exif=exif_of(UserComment=code))
    found["comment"] = encoded(IMAGE, "JPEG", exif=exif_of(), comment=text.encode())
    found["XMP"] = encoded(IMAGE, "JPEG", exif=exif_of(), xmp=xmp_of(text))
    return found


def suggested(data: bytes) -> set[str | None]:
    return {claim.suggests for claim in evidence.claims(data)} - {None}


def test_there_are_enough_of_both():
    assert len(INNOCENT) >= 60
    assert len(NAMED) + len(FORMS) >= 60


@pytest.mark.parametrize("text", INNOCENT)
def test_no_caption_accuses_a_photograph(text):
    for place, data in everywhere(text).items():
        assert suggested(data) == {"real"}, (place, evidence.claims(data))


SOFTWARE = [
    "Adobe Photoshop 25.0", "Lightroom 7", "GIMP 2.10", "HDR+ 1.0.345618096zd", "darktable 4.6",
    "17.4.1", "Ver.1.02", "Capture One 23", "Firefly Camera 2 by Hawkeye", "Gemini Focuser 3.1",
    "not AI generated", "Imagenomic Portraiture", "Flux Capacitor Raw Developer", "Veolia Scanner",
]  # fmt: skip


@pytest.mark.parametrize("name", SOFTWARE)
def test_other_software_is_no_generator(name):
    assert suggested(encoded(IMAGE, "JPEG", exif=exif_of(Software=name))) == {"real"}
    assert not generators.names_itself(name)


NAMED = [
    "Grok", "Grok 2", "xAI Grok", "Sora", "OpenAI Sora", "Imagen", "Imagen 3", "Google Imagen 4",
    "Veo",
    "Veo 3", "Google Veo 2", "Seedream 4.0", "Qwen-Image", "Qwen", "Flux", "FLUX.1 [dev]",
    "flux1-dev",
    "Ideogram 2.0", "Ideogram", "Recraft V3", "Recraft", "Reve", "Reve Image 1.0", "Gemini",
    "Google Gemini", "Gemini 2.5 Flash Image", "Firefly", "Adobe Firefly", "Adobe Firefly 3",
    "Edited with Google AI", "Made with Google AI", "Apple Image Playground", "Image Playground",
    "Midjourney", "Midjourney v6.1", "DALL-E 3", "DALL·E 3", "ChatGPT", "GPT-4o", "gpt-image-1",
    "Stable Diffusion XL", "StableDiffusion 1.5", "ComfyUI", "InvokeAI 4.2", "NovelAI",
    "Fooocus v2.5",
    "Draw Things", "Easy Diffusion 3.0", "SwarmUI", "Bing Image Creator", "Microsoft Designer",
    "Leonardo.Ai", "Black Forest Labs API", "AI generated", "mold 0.9",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_software_that_names_itself_is_known(name):
    for data in (
        encoded(IMAGE, "JPEG", exif=exif_of(Software=name.replace("·", "-"))),
        encoded(IMAGE, "JPEG", xmp=f'<a xmlns:x="u" x:Credit="{name}"/>'.encode()),
    ):
        assert "ai" in suggested(data)


A1111 = (
    "a lake\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64"
)
COMFY = {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20}}}
FORMS = [
    A1111,
    "a cat\nSteps: 8, Sampler: DPM++ 2M Karras, Guidance Scale: 4.5, Seed: 77, Model: sd_xl.ckpt",
    "Steps: 30, Seed: 42, Sampler: Euler, Model hash: 31e35c80fc",
    "a cat --v 6 Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    json.dumps(COMFY),
    json.dumps({"prompt": COMFY, "workflow": {"nodes": [], "links": []}}),
    json.dumps({"nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}),
    "Workflow: " + json.dumps({"nodes": [{"id": 1, "type": "KSampler"}], "links": []}),
    "prompt:" + json.dumps(COMFY),
    json.dumps({"sui_image_params": {"prompt": "a lake", "seed": 1, "steps": 20}}),
    json.dumps({"prompt": "a lake", "seed": 3, "num_inference_steps": 25, "guidance_scale": 7.5}),
    json.dumps({"c": "a lake", "uc": "dog", "seed": 9, "steps": 20, "sampler": "DPM++",
    "model": "x"}),
    json.dumps({"prompt": "a lake", "negative_prompt": "", "base_model": "juggernaut", "seed": "1",
                "steps": 30, "performance": "Speed"}),
    json.dumps({"positive_prompt": "a lake", "seed": 4, "scheduler": "euler", "cfg_scale": 7}),
    json.dumps({"prompt": "1girl", "steps": 28, "sampler": "k_euler", "uc": "bad", "seed": 2}),
    json.dumps({"Prompt": "a lake", "Seed": 1, "Steps": 4, "Guidance": 3.5, "Model": "flux"}),
    json.dumps({"meta": {"params": {"prompt": "a lake", "seed": 1, "sampler_name": "euler"}}}),
    json.dumps({"AIGC": {"Label": "1", "ContentProducer": "x"}}),
    json.dumps({"aigc": json.dumps({"Label": "3"})}),
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_what_generators_write_is_known_wherever_it_stands(text):
    for place, data in everywhere(text).items():
        assert "ai" in suggested(data), place
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("Description", text)
    assert suggested(encoded(IMAGE, pnginfo=info)) == {"ai"}


@pytest.mark.parametrize("make", [
    'prompt:{"3": {}}', "Workflow: {", "a lake at dusk in the style of an old master of oils",
    "<x:xmpmeta xmlns='adobe'>", '{"seed": 1}', "DALL-E", "Midjourney", "1234",
])  # fmt: skip
def test_what_no_maker_writes_is_no_camera(make):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = make
    assert "real" not in suggested(encoded(IMAGE, "JPEG", exif=exif))


@pytest.mark.parametrize("camera", [
    ("NIKON CORPORATION", "NIKON D850"), ("Apple", "iPhone 15 Pro"), ("SONY", "ILCE-7M3"),
    ("samsung", "SM-G998B"), ("OLYMPUS IMAGING CORP.", "E-M1MarkII"), ("EASTMAN KODAK COMPANY",
     "KODAK DC210 Zoom (V05.00)"), ("KONICA MINOLTA", "DiMAGE A2"), ("Samsung Techwin",
     "<KENOX S630  / Samsung S630>"), ("OM Digital Solutions", "OM-1"), ("LEICA CAMERA AG",
    "M10-R"),
    ("HUAWEI", "VOG-L29"), ("Google", "Pixel 8 Pro"), ("", "mju-mini DIGITAL"), ("Canon", ""),
])  # fmt: skip
def test_makers_texts_are_cameras(camera):
    exif = Image.Exif()
    for tag, text in zip((ExifTags.Base.Make, ExifTags.Base.Model), camera, strict=True):
        if text:
            exif[tag] = text
    (claim,) = evidence.claims(encoded(IMAGE, "TIFF", exif=exif))
    assert (claim.kind, claim.suggests) == ("camera", "real")


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000, "[" * 100_000, '{"a":' * 50_000, "steps: 1 " * 100_000,
        "Steps: 5, " + "seed: " * 100_000, '{"prompt":' + "[" * 500 + "]" * 500 + "}",
        json.dumps({str(n): {"x": n} for n in range(50_000)}), "no " * 300_000,
    ],
    ids=range(8),
)  # fmt: skip
def test_reading_a_text_is_bounded(text):
    import time

    start = time.process_time()
    generators.of_json(text)
    generators.labels_within(text)
    generators.writes_parameters(text)
    generators.names_itself(text)
    generators.is_a_makers(text)
    assert time.process_time() - start < 1
