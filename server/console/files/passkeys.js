// Ask the browser for a passkey and send its answer with the form; put an invitation's secret into its form.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const toText = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withBytes = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

async function create(options) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return answerOf(made, {
    clientDataJSON: toText(made.response.clientDataJSON),
    attestationObject: toText(made.response.attestationObject),
  });
}

async function get(options) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: withBytes(options.allowCredentials),
  };
  const given = await navigator.credentials.get({ publicKey });
  const handle = given.response.userHandle;
  return answerOf(given, {
    clientDataJSON: toText(given.response.clientDataJSON),
    authenticatorData: toText(given.response.authenticatorData),
    signature: toText(given.response.signature),
    userHandle: handle && handle.byteLength ? toText(handle) : null,
  });
}

function answerOf(credential, response) {
  const id = toText(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response });
}

function ask(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const failed = form.querySelector("[data-failed]");
    const known = form.querySelector("[data-known]");
    failed.hidden = true;
    known.hidden = true;
    button.disabled = true;
    try {
      const options = JSON.parse(form.dataset.options);
      form.elements.answer.value = await (form.dataset.passkey === "create" ? create(options) : get(options));
      form.submit();
    } catch (error) {
      (error.name === "InvalidStateError" ? known : failed).hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}

function fill(form) {
  const secret = location.hash.slice(1);
  form.addEventListener("submit", (event) => {
    form.elements.invitation.value = secret;
    // The next page is still the link's own: a browser keeps what stands after #, and sends it to nobody.
    form.action = form.action.split("#")[0] + location.hash;
    if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) {
      event.preventDefault();
      form.querySelector("[data-failed]").hidden = false;
    }
  });
}

// The page in another language must not lose an invitation's link.
for (const other of document.querySelectorAll(".languages a")) {
  other.hash = location.hash;
}
document.querySelectorAll("form[data-passkey]").forEach(ask);
document.querySelectorAll("form[data-invitation]").forEach(fill);
