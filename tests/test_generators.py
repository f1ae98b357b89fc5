"""No caption accuses a photograph, and what generators write is known wherever it stands."""

import json
import struct

import pytest
from PIL import ExifTags, Image

from conftest import encoded
from real_or_ai.claims import aigc, cameras, evidence, generators, prompts

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
    # Recipes, plans and orders whose words are a generator's.
    "Steps: 6. Seed: 2 tbsp sesame. Size: 20x30 cm tin", "Steps: 39, seed: 7, size: 20x30",
    "Garden plan. Steps: 12, size: 40x60, seed: 3", "Stairs: 39 steps: 39, guidance: 2 rails",
    "Steps: 4, scheduler: Anna, guidance: 3 teachers", "Steps: 12, Sampler: cross-stitch, Seed: 3",
    "Flux test: steps: 12, seed: 4, size: 10x10", "Steps: 12\nSeed: 3\nSampler: Euler's quilt",
    "Stufen: 20, Steps: 12, Saat: 3", "Pas: 12, steps: 4, seed: 2 sachets, scheduler: Léa",
    "Pasos: 6, steps: 6, seed: 3 g, size: 20x30", "Passi: 6, steps: 6, guidance: 2 guide",
    "Wedding, Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "Hochzeit -- Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "Boda --verano, Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "rsync --v 6 harbour.jpg",
    # JSON of something else.
    '{"class_type": "Economy", "seat": "12A"}', '{"nodes":[{"type":"person","id":1}],"links":[]}',
    '{"3": {"class_type": "Business", "inputs": {}}}', '{"aigc": false}',
    '{"nodes": [], "links": []}',
    '{"prompt": "Describe your holiday", "seed": 4, "steps": 10500}',
    '{"prompt": "Describe it", "scheduler": "Anna", "seed": 3, "guidance": "ask the teacher"}',
    '{"prompt": "Beschreibe den Urlaub", "seed": 4, "steps": 12, "base_model": "Leica"}',
    # Names and places, as they stand in credit lines too.
    "Foto dalle Alpi", "Immagini dalle Dolomiti", "Vista dalle Tofane", "Leonardo", "Gemini",
    "Luma", "Runway", "Playground", "Invoke", "Reve", "Sora", "Flux", "Pika", "Swarm", "Mold",
    "Leonardo Rossi / Gemini Press", "Photo by AI Generated Art Prize jury", "Firefly Media GmbH",
    "Leonardo AI conference press office", "Midjourney Magazine/Jane Doe", "Sora Nakamura",
    "ChatGPT Café, Wien", "Openai Street 4", "Photographie non générée par IA", "Grok Photography",
    "Agence Ideogram, Lyon", "Estudio Recraft, Bilbao", "Meta AI Ray-Ban glasses", "Imagen/EFE",
    "Edited with AI denoise", "Made with love", "Created by Al Green", "Ki Generiert, Seoul",
]  # fmt: skip


EXIF_3 = {"ImageTitle": 0xA436, "Photographer": 0xA437}


def exif_of(**texts: object) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "Canon EOS R5"
    for name, text in texts.items():
        tag = EXIF_3.get(name) or ExifTags.Base[name]
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
        f"</dc:title><dc:creator><r:Seq><r:li>{said}</r:li></r:Seq></dc:creator>"
        f'<p:Credit xmlns:p="u">{said}</p:Credit><p:Headline xmlns:p="u">{said}</p:Headline>'
        "</r:Description>"
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
            "ImageTitle",
            "Photographer",
        )
    }
    found["UserComment"] = encoded(IMAGE, "JPEG", exif=exif_of(UserComment=code))
    found["comment"] = encoded(IMAGE, "JPEG", exif=exif_of(), comment=text.encode())
    found["XMP"] = encoded(IMAGE, "JPEG", exif=exif_of(), xmp=xmp_of(text))
    iim = b"".join(
        b"\x1c\x02" + bytes([dataset]) + struct.pack(">H", len(text.encode())) + text.encode()
        for dataset in (80, 110, 115, 120)
    )
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim
    body = b"Photoshop 3.0\0" + block
    data = encoded(IMAGE, "JPEG", exif=exif_of())
    segment = b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body
    found["IIM"] = data[:2] + segment + data[2:]
    return found


def noted(**said: str) -> bytes:
    """XMP of these properties."""
    attributes = " ".join(f'x:{name}="{text}"' for name, text in said.items())
    return f'<a xmlns:x="u" {attributes}/>'.encode()


def exif_3(tag: int, text: str, kind: int = 2) -> bytes:
    """A JPEG whose EXIF has this entry beside a camera's make."""
    value = text.encode() + b"\0\0"  # too long to stand in the entry
    make = struct.pack("<HHI4s", 0x010F, 2, 4, b"Our\0")
    entry = struct.pack("<HHII", tag, kind, len(value), 8 + 2 + 24 + 4)
    head = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2)
    return encoded(IMAGE, "JPEG", exif=head + b"".join(sorted([make, entry])) + bytes(4) + value)


def suggested(data: bytes) -> set[str | None]:
    return {claim.suggests for claim in evidence.claims(data)} - {None}


def test_there_are_enough_of_both():
    assert len(INNOCENT) >= 120
    assert len(NAMED) + len(FORMS) + len(CREDITS) >= 120


@pytest.mark.parametrize("text", INNOCENT)
def test_no_caption_accuses_a_photograph(text):
    for place, data in everywhere(text).items():
        assert suggested(data) == {"real"}, (place, evidence.claims(data))


SOFTWARE = [
    "Adobe Photoshop 25.0", "Lightroom 7", "GIMP 2.10", "HDR+ 1.0.345618096zd", "darktable 4.6",
    "17.4.1", "Ver.1.02", "Capture One 23", "Firefly Camera 2 by Hawkeye", "Gemini Focuser 3.1",
    "not AI generated", "Imagenomic Portraiture", "Flux Capacitor Raw Developer", "Veolia Scanner",
    "Swarm", "Swarm 6.2", "Playground", "Pika", "Luma 2", "Replicate", "Mold", "Invoke 2", "Runway",
    "Runway 3", "Leonardo", "Janus 2", "ChatGPT caption plugin",
    "Captions by Stable Diffusion fans",
    "Midjourney metadata reader 2", "AI generated keywords", "Stable Diffusion detector", "ImageFX",
    "Procesador de imagen 3", "Stampa dalle Alpi 2.0", "Firefly 8SE", "Meta AI", "Whisk", "PixArt",
    "Imagen", "Imagen AI",
    "Midjourney: none", "ChatGPT not used", "Generative Fill: off", "Sin Midjourney",
    "Ohne ComfyUI",
]  # fmt: skip


@pytest.mark.parametrize("name", SOFTWARE)
def test_other_software_is_no_generator(name):
    assert suggested(encoded(IMAGE, "JPEG", exif=exif_of(Software=name))) == {"real"}
    assert not generators.names_itself(name)


NAMED = [
    "Grok", "Grok 2", "xAI Grok", "Sora", "OpenAI Sora", "Imagen 4 Ultra", "Imagen 3",
    "Google Imagen 4",
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
    "Leonardo.Ai", "Black Forest Labs API", "AI generated", "FLUX.2 [pro]", "flux2-dev",
    "FLUX.2-klein",
    "Google Nano Banana Pro", "Gemini 3 Pro Image", "Sora 2", "Seedream 4.5",
    "Qwen-Image-Edit-2509",
    "GPT-image-1.5", "Midjourney v7 (no upscale)", "Hunyuan Image 3", "Grok Imagine 1.0", "Krea 1",
    "Kling AI", "Luma Photon", "Luma Dream Machine", "MAI-Image-1", "SDXL", "stable-diffusion-xl",
    "stable_diffusion", "HiDream-I1", "PixArt-Sigma", "Kandinsky 2.2", "YandexART", "Higgsfield",
    "pollinations.ai", "Adobe Express Generative Fill", "Samsung Generative Edit", "OpenAI API",
    "Google ImageFX", "Google Whisk", "imagegeneration-imagen-3.0-generate-002", "DALLE3", "Wan2.2",
    "Microsoft_Responsible_AI/1.0",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_software_that_names_itself_is_known(name):
    name = name.replace("·", "-")
    for data in (
        encoded(IMAGE, "JPEG", exif=exif_of(Software=name)),
        encoded(IMAGE, "JPEG", xmp=noted(CreatorTool=name)),
        encoded(IMAGE, "JPEG", xmp=noted(softwareAgent=name)),  # of xmpMM:History
        exif_3(0x000B, name),
        exif_3(0xA43B, name, 129),
    ):
        assert "ai" in suggested(data)


@pytest.mark.parametrize("tag", [0x000B, *range(0xA438, 0xA43D)])
def test_each_tag_of_software_is_read(tag):
    assert suggested(exif_3(tag, "Midjourney v6")) == {"real", "ai"}
    assert suggested(exif_3(tag, "Gemini Focuser")) == {"real"}


@pytest.mark.parametrize("tag", [0xA438, 0xA43C])
@pytest.mark.parametrize("name", ["Gemini", "ChatGPT", "Sora", "OpenAI", "Kling"])
def test_who_edited_or_described_a_picture_did_not_make_it(tag, name):
    assert suggested(exif_3(tag, name)) == {"real"}


CREDITS = [
    "Made with Google AI", "Edited with Google AI", "Created with AI", "AI-generated image",
    "AI generated",
    "Image generated by Midjourney", "Created with Stable Diffusion XL",
    "Made with Adobe Firefly 3",
    "KI-generiertes Bild", "Mit KI erstellt", "Image générée par IA", "Imagen generada con IA",
    "Immagine generata con l'IA", "Imagined with AI.",
]  # fmt: skip


@pytest.mark.parametrize("credit", CREDITS)
def test_whole_phrases_count_in_a_credit_line(credit):
    assert suggested(encoded(IMAGE, "JPEG", exif=exif_of(), xmp=noted(Credit=credit))) == {
        "real",
        "ai",
    }
    within = noted(Credit=f"{credit} by a colleague of Jane Doe")
    assert suggested(encoded(IMAGE, "JPEG", exif=exif_of(), xmp=within)) == {"real"}


AI_FIELDS = [
    "AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName",
]  # fmt: skip


@pytest.mark.parametrize("field", AI_FIELDS)
def test_a_field_for_an_ai_names_one_or_none(field):
    for text in ("DALL-E 3", "Midjourney v7 (no upscale)", "a lake at noon", "Ann", "1.0"):
        assert suggested(encoded(IMAGE, "JPEG", xmp=noted(**{field: text}))) == {"ai"}, text
    for text in (
        "none", "None", "no", "n/a", "N/A", "-", "--", "not used", "not applicable",
        "No AI was used",
        "keine", "Keine KI", "ninguno", "ninguna IA", "aucun", "sans IA", "nessuna", "нет", "なし",
        "无",
        "AI: none", "unknown", "0", "AI not used",
    ):  # fmt: skip
        data = encoded(IMAGE, "JPEG", exif=exif_of(), xmp=noted(**{field: text}))
        assert suggested(data) == {"real"}, text


A1111 = (
    "a lake\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64"
)
NODES = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl.ckpt"}},
}
WORKFLOW = {
    "last_node_id": 2,
    "last_link_id": 0,
    "nodes": [{"id": 1, "type": "KSampler"}],
    "links": [],
}
FORMS = [
    A1111,
    "a cat\nSteps: 8, Sampler: DPM++ 2M Karras, Guidance Scale: 4.5, Seed: 77, Model: sd_xl.ckpt",
    "Steps: 30, Seed: 42, Sampler: Euler, Model hash: 31e35c80fc",
    "temple steps: 3 " + "x" * 1500 + "\n" + A1111,
    "Steps: 3 of 12, a temple\n" + A1111,
    "a lake Negative prompt: dog Steps: 20, Size: 64x64, Sampler: UniPC, Seed: 4",
    "CFG scale: 7, Seed: 3, Sampler: DDIM, Steps: 20",
    "Prompt: a cat; Steps: 12; Guidance Scale: 11.0; Seed: 123; Scheduler: DPM-Solver++",
    "Steps: 20, Sampler: [Forge] Flux Realistic, Schedule type: Simple, CFG scale: 1, Seed: 42",
    "a cat --v 6 Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "a cat --ar 16:9 --style raw --v 6.1 Job ID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "1girl --niji 6 Job ID: 1B4E28BA-2FA1-11D2-883F-0016D3CCA427",
    json.dumps(NODES),
    json.dumps(NODES)[:-9],  # cut off by its writer
    json.dumps({"prompt": NODES, "workflow": {"nodes": [], "links": []}}),
    json.dumps({"prompt": {"3": NODES["3"]}, "workflow": {"nodes": [], "links": []}}),
    json.dumps({"nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}),
    "Workflow: " + json.dumps(WORKFLOW),
    json.dumps(WORKFLOW)[:-9],
    "prompt:" + json.dumps(NODES),
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
    json.dumps({"models": [], "prompt": "a lake", "samplerName": "Euler", "seed": "1"}),
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
    "<x:xmpmeta xmlns='adobe'>", '{"seed": 1}', "DALL-E", "Midjourney", "1234", "ChatGPT", "Gemini",
    "[a lake:1.2], [dusk]", "Leonardo.Ai",
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
    ("Nokia", "6600"), ("Nokia", "808"), ("Concord", "2.0"), ("LG Electronics", "[LG] KU990"),
    ("Leonardo", "Leonardo"), ("Hewlett-Packard", "HP PhotoSmart C945 (V01.60)"),
    ("Meta AI", "Ray-Ban Meta Smart Glasses"), ("Hawkeye", "Firefly 8SE"), ("Veo", "Veo Cam 2"),
    ("Luma", "Luma 2"), ("SEIKO EPSON CORP.", "PhotoPC 850Z"), ("Minolta Co., Ltd.", "DiMAGE 7Hi"),
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
        "steps:" + " " * 10**6,
        "Steps: 1, " * 100_000, "sampler: dpm" + " +" * 10**5, "Job ID: " * 10**5,
        "flux" + "1" * 10**6,
        "flux" + " 1" * 10**5, "flux (" + "(" * 10**5, "a:" * 10**5,
    ],
    ids=range(16),
)  # fmt: skip
def test_reading_a_text_is_bounded(text):
    import time

    start = time.process_time()
    prompts.of_json(text)
    prompts.writes_parameters(text)
    aigc.labels_within(text)
    generators.names_itself(text)
    generators.credits_a_generator(text)
    generators.denies(text)
    cameras.is_a_cameras(text, text)
    assert time.process_time() - start < 1
