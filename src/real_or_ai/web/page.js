// Takes a picture that is dropped, pasted or picked, asks the server and shows what it says.
// Gradio draws the page after this script has run, so all listeners are on the document.

const at = (id) => document.getElementById(id);
let picture = null; // the one that is shown
let asking = new AbortController();

function say(text, kind = "") {
  at("said").textContent = text;
  at("said").className = kind;
}

function refuse(sentence) {
  say(sentence, "refused");
  if (at("result").childElementCount === 0) hide(at("preview")); // half a picture, if any
}

async function ask(path, body) {
  // Raises an Error whose message is a sentence.
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body, signal: asking.signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server did not answer; is it still running?");
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  let error = `The server answered ${answer.status}.`;
  try {
    error = JSON.parse(text).error;
  } catch {
    // a proxy's own page, perhaps
  }
  throw new Error(error);
}

async function working(task) {
  asking.abort(); // a newer picture is the one that is meant
  asking = new AbortController();
  const mine = asking;
  at("answer").setAttribute("aria-busy", "true");
  try {
    await task();
  } catch (error) {
    if (error.name !== "AbortError") refuse(error.message);
  } finally {
    if (mine === asking) at("answer").removeAttribute("aria-busy");
  }
}

function check(file) {
  working(async () => {
    picture = file;
    at("result").replaceChildren();
    preview(file);
    const most = Number(at("drop").dataset.bytes);
    if (file.size > most) {
      throw new Error(`too large: ${file.size} bytes, allowed are ${most}`);
    }
    say("Checking…");
    const answer = await ask("/page/check", file);
    at("result").innerHTML = await answer.text(); // escaped by the server
    const said = ["h2", ".number"].map((name) => at("result").querySelector(name).textContent);
    say(`${said.join(". ")}.`, "done");
  });
}

function explain() {
  working(async () => {
    const { signal } = asking;
    say("Hiding one place after another…");
    at("explain").disabled = true;
    try {
      const answer = await ask("/api/explain", picture);
      const image = new Image();
      image.src = URL.createObjectURL(await answer.blob());
      image.alt =
        "The picture as the detector saw it, and beside it a map: blue places speak for real, " +
        "red ones for AI.";
      await image.decode();
      signal.throwIfAborted(); // decode() does not hear it: the map would be of an older picture
      const link = document.createElement("a");
      link.href = image.src;
      link.target = "_blank";
      link.append(image);
      const note = document.createElement("p");
      note.textContent =
        "It shows what this score hangs on, not what is artificial; a wrong score has a map too. " +
        "Choose the map to see it in full size.";
      at("map").replaceChildren(link, note);
      at("explain").remove();
      say("The map is there.", "done");
    } finally {
      if (at("explain")) at("explain").disabled = false;
    }
  });
}

function hide(image) {
  image.onload = image.onerror = null;
  image.hidden = true;
  URL.revokeObjectURL(image.src);
}

function preview(file) {
  const image = at("preview");
  hide(image);
  image.onload = () => (image.hidden = false);
  image.onerror = () => {
    if (image.src === url) at("name").textContent = `${file.name} (this browser cannot show it)`;
  };
  const url = URL.createObjectURL(file);
  image.src = url;
  at("name").textContent = file.name;
}

function take(files, event) {
  if (!files || !files.length) return;
  event.preventDefault();
  if (files.length > 1) {
    asking.abort(); // else its answer would stand beside the refusal
    refuse(`${files.length} files: one picture at a time. Choose one; for many: real-or-ai check`);
    return;
  }
  check(files[0]);
}

document.addEventListener("change", (event) => {
  if (event.target.id !== "picture") return;
  take(event.target.files, event);
  event.target.value = ""; // the same file may be picked again
});
document.addEventListener("paste", (event) => take(event.clipboardData.files, event));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  at("drop")?.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) at("drop")?.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault(); // a browser would open it instead of the page
  at("drop")?.classList.remove("over");
  take(event.dataTransfer.files, event);
});
document.addEventListener("click", (event) => {
  if (event.target.id === "explain") explain();
});
