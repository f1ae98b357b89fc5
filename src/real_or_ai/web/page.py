"""The page: Gradio's blocks around a form of our own that asks the HTTP API.

Gradio's own picture component would decode strangers' files in the server's process, without our
limits, and keep them on disk under their names. So the browser sends the bytes to the API, as every
other program does, and no event of the page runs in Gradio.
"""

import html

from fastapi import FastAPI

from real_or_ai.web.answers import About

TITLE = "Real or AI?"
SENTENCE = "What a detector says of a picture, and what its own file says of itself."
HEAD = '<link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>'
FORM = """
<label id="drop" data-bytes="{bytes}">
  <b>Choose a picture</b><br>drop it here, or paste it
  <input type="file" id="picture" accept="image/*,.heic,.avif" aria-label="Choose a picture">
</label>
<section id="answer" aria-label="Answer">
  <p id="said" role="status"></p>
  <figure><img id="preview" alt="Your picture" hidden><figcaption id="name"></figcaption></figure>
  <div id="result"></div>
</section>
"""
TRUST = "## How far to trust it"
MEASURED = """Measured on pictures it did not learn from, with 95 % intervals; `external` ones,
where there are any, are of sources it has never seen, and say most about pictures from elsewhere.
ROC AUC is how often, of one AI picture and one real one, the AI picture gets the higher score: 0.5
is guessing, 1 always.
"""
HINT = "One hint among several: not for deciding about people."
API = """
```
curl --data-binary @picture.jpg {url}api/check
curl --data-binary @picture.jpg {url}api/explain --output map.png
```

[/openapi.json](/openapi.json) is their schema, [/api/detector](/api/detector) says what the
detector is. At most {megabytes:g} MB, {megapixels:g} megapixels and {seconds:g} s a picture.
"""


def mount(app: FastAPI, about: About, url: str) -> None:
    """Puts the page at the root of `app`. url: where people find it.

    Raises ModuleNotFoundError without gradio.
    """
    import gradio as gr  # takes seconds

    font = ("system-ui", "sans-serif")  # Gradio's would come from elsewhere
    theme = gr.themes.Default(font=font, font_mono=("ui-monospace", "monospace"))
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(f"# {TITLE}\nWhat the detector *{about.title}* says of a picture.")
        if about.caution:
            gr.Markdown(
                f'<p class="caution">{html.escape(about.caution)}.</p>', sanitize_html=False
            )
        # Not gr.HTML: it is a template there, evaluated as code, which the page's policy forbids.
        gr.Markdown(FORM.format(bytes=about.limits.bytes), sanitize_html=False)
        gr.Markdown(_tested(about))
        with gr.Accordion("Model card", open=False):
            gr.Markdown(about.card_text())
        with gr.Accordion("For programs", open=False):
            limits = about.limits
            gr.Markdown(
                API.format(
                    url=url,
                    megabytes=limits.bytes / 1e6,
                    megapixels=limits.pixels / 1e6,
                    seconds=limits.seconds,
                )
            )
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        theme=theme,
        head=HEAD,
    )


def _tested(about: About) -> str:
    """What it scored, and where, as Markdown."""
    scores = "It was never measured, or its file does not say so."
    if about.tested:
        scores = "\n".join([MEASURED, *(f"- {line}" for line in about.tested)])
    return f"{TRUST}\n\n{scores}\n\n{HINT}"
