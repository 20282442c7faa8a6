// The page's words in the person's language, and what the page knows of its server.
const words = JSON.parse(document.getElementById("words").textContent);

export function word(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), words[name] ?? name);
}

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
