import SockJS from "sockjs-client";
import { ResumingClient, type ClientEvent } from "../../client/resumingClient.ts";
import { byId, setText } from "../../common/page/dom.ts";
import { MessageLog } from "./messageLog.ts";
import { ReplicaPanel } from "./replicaPanel.ts";
import { RoundTrips } from "./roundTrips.ts";
import { SessionTable } from "./sessionTable.ts";
import { TransportChoice } from "./transportChoice.ts";
import { closeReason } from "./words.ts";

const PING_MS = 1000;

/** Pings that may wait: during an outage a few show as much as a thousand. */
const MAX_WAITING_PINGS = 5;

/** `waiting` is the time between two attempts. */
type State = "closed" | "connecting" | "open" | "waiting";

const button = byId("connect", HTMLButtonElement);
const statusWords = byId("status-words", HTMLElement);
const countdown = byId("countdown", HTMLElement);
const transportName = byId("transport", HTMLElement);
const message = byId("message", HTMLInputElement);
const ping = byId("ping", HTMLInputElement);

const replicas = new ReplicaPanel();
const roundTrips = new RoundTrips();
const sessions = new SessionTable();
const log = new MessageLog();
const transports = new TransportChoice(showButton, applyTransports);
const client = new ResumingClient({ connect: openSession, onEvent: handle });

let state: State = "closed";

/** When the next attempt is due; 0 for the first of all. */
let retryAt = 0;

/** What the current session may use, and what it does use. */
let offered: readonly string[] = [];
let used = "";

function openSession(): WebSocket {
  offered = transports.allowed;
  // Where `document.domain` still works, the frame of htmlfile sets it and so loses access to this
  // page; inside the frame of iframe-htmlfile, which sets it too, the same transport works.
  const names = offered.flatMap((name) => (name === "htmlfile" ? [name, `iframe-${name}`] : name));
  return new SockJS(`${location.origin}/echo`, undefined, { transports: names });
}

function handle(event: ClientEvent): void {
  switch (event.type) {
    case "connecting":
      // After a failure the status goes on to say what failed.
      enter("connecting", state === "waiting" ? undefined : "Connecting…");
      break;
    case "open":
      retryAt = 0;
      used = event.transport;
      transportName.textContent = used;
      sessions.opened(used);
      enter("open", "Connected");
      sendPing();
      break;
    case "echo":
      replicas.answered(event.replica);
      roundTrips.add(event.milliseconds, event.replica);
      sessions.echoed(event.replica);
      log.echoed(event.text, event.replica, event.milliseconds);
      break;
    case "refused":
      log.refused(event.text);
      break;
    case "closed": {
      const words = closeReason(event.code, event.reason);
      used = "";
      sessions.closed(event.code, event.reason);
      if (event.retryInMs !== undefined) {
        retryAt = Date.now() + event.retryInMs;
        enter("waiting", words.charAt(0).toUpperCase() + words.slice(1));
      }
    }
  }
  showCounts();
}

function enter(next: State, words?: string): void {
  state = next;
  document.body.dataset.state = next;
  if (words !== undefined) {
    setText(statusWords, words);
  }
  if (used === "") {
    transportName.textContent = "–";
  }
  showCountdown();
  showButton();
}

function showCountdown(): void {
  const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
  const connecting = retryAt === 0 ? "" : " – retrying now";
  const words = { closed: "", open: "", connecting, waiting: ` – retrying in ${seconds} s` };
  setText(countdown, words[state]);
}

function showButton(): void {
  const mustChoose = state === "closed" && transports.isEmpty;
  const words = { closed: "Connect", open: "Disconnect", connecting: "Stop", waiting: "Stop" };
  setText(button, mustChoose ? "Choose a transport" : words[state]);
  button.classList.toggle("primary", state === "closed" && !mustChoose);
}

function showCounts(): void {
  const counts = { ...client.counts, waiting: client.waiting };
  for (const [name, value] of Object.entries(counts)) {
    const element = byId(name, HTMLElement);
    setText(element, String(value));
    element.classList.toggle("zero", value === 0);
  }
}

/** Applies a new choice to a session that it concerns; the client keeps what waits. */
function applyTransports(): void {
  const isConcerned = state === "open" ? transports.isOutdated(used, offered) : true;
  if (!transports.isEmpty && isConcerned) {
    client.interrupt();
  }
}

function sendPing(): void {
  if (ping.checked && state !== "closed" && client.waiting < MAX_WAITING_PINGS) {
    client.send("ping");
    showCounts();
  }
}

function disconnect(): void {
  client.close();
  retryAt = 0;
  log.lost();
  enter("closed", "Disconnected");
  showCounts();
}

button.addEventListener("click", () => {
  if (state !== "closed") {
    disconnect();
  } else if (transports.isEmpty) {
    transports.focus();
  } else {
    client.connect();
  }
});

byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const text = message.value;
  log.sent(text);
  client.send(text);
  showCounts();
  message.value = "";
  message.focus();
});

ping.addEventListener("change", sendPing);
setInterval(sendPing, PING_MS);
setInterval(() => {
  showCountdown();
  sessions.tick();
}, 250);

client.connect();
