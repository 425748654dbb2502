// What the page does before textual-serve's script, which draws the terminal, begins.
"use strict";

// xterm.js writes its rules into style elements that it makes; the policy of the page wants a word from the server.
const word = document.currentScript.nonce;
const make = document.createElement.bind(document);
document.createElement = (name, options) => {
  const made = make(name, options);
  if (made.localName === "style") made.nonce = word;
  return made;
};

// No text that is shown, and no message of the server, opens another page.
window.open = () => null;

// Keys go to the dashboard as soon as they can be sent.
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.getElementById("terminal");
  terminal.dataset.sessionWebsocketUrl = `ws://${location.host}/ws`;
  terminal.dataset.fontSize = innerWidth < 700 ? "12" : "15";
  document.getElementById("again").addEventListener("click", () => location.reload());

  // The terminal measures its font once, so the font has to be there.
  const begin = window.onload;
  window.onload = async (event) => {
    const faces = ["", "bold ", "italic "].map((face) => document.fonts.load(`${face}16px "Roboto Mono"`));
    await Promise.allSettled(faces);
    begin(event);
  };
});
