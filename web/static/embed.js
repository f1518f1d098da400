// The sign-up box, improved: sends the form without leaving the page, says what happened beside
// the field. Without this script the same form posts as any form does.
//
// Improves every <form data-tocsin>. Turns <div data-tocsin-list="slug"> into such a form.
// Sets no cookie, stores nothing, talks only to the form's own address. Needs no inline style or
// script, so a strict Content-Security-Policy is enough (script-src, style-src, connect-src and
// form-action with this file's origin).
(function () {
  "use strict";
  var script = document.currentScript;
  var origin = script && script.src ? new URL(script.src).origin : location.origin;
  // Filled in when the script is served, in the reader's language (src/web/signup_script.cpp).
  var WORDS = {/*WORDS*/};

  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  function child(parent, tag, className, text) {
    return parent.appendChild(make(tag, className, text));
  }

  // Seldom needed, so it is a file of its own.
  function prove(challenge) {
    return import(origin + "/static/pow.js").then(function (pow) {
      return pow.prove(challenge);
    });
  }

  function enhance(form) {
    if (form.dataset.tocsinReady) return;
    var email = form.elements.email;
    var button = form.querySelector("button[type=submit], button:not([type]), input[type=submit]");
    if (!email || !button) return;
    form.dataset.tocsinReady = "true";
    form.noValidate = true;
    var id = email.id || (email.id = "tocsin-email-" + Math.random().toString(36).slice(2));

    var row = email.closest(".tocsin-row") || email;
    var error = form.querySelector("[data-tocsin-error]");
    if (!error) {
      error = make("p", "tocsin-error");
      row.insertAdjacentElement("beforebegin", error);
    }
    error.id = error.id || id + "-error";
    error.setAttribute("role", "alert");
    var suggestion = form.querySelector("[data-tocsin-suggestion]");
    if (!suggestion) {
      suggestion = make("p", "tocsin-suggestion");
      row.insertAdjacentElement("afterend", suggestion);
    }
    suggestion.id = suggestion.id || id + "-suggestion";
    suggestion.setAttribute("aria-live", "polite");

    var described = (email.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
    [error.id, suggestion.id].forEach(function (name) {
      if (described.indexOf(name) < 0) described.push(name);
    });
    email.setAttribute("aria-describedby", described.join(" "));

    var busy = false;
    var asTyped = "";
    var formTime = "";
    var since = performance.now();  // what this page has seen of the form's time

    // A form made by this script, or pasted into a page, has no time of the service's in it yet.
    if (!(form.elements.form_time || {}).value) {
      form.addEventListener("focusin", function () {
        fetch(form.action.replace(/signup(?=$|\?)/, "form-time"), {
          credentials: "omit",
          referrerPolicy: "no-referrer"
        }).then(function (response) {
          return response.json();
        }).then(function (answer) {
          formTime = answer.form_time || "";
          since = performance.now();
        }).catch(function () {});
      }, {once: true});
    }

    function show(message, suggested) {
      error.textContent = message;
      suggestion.textContent = "";
      if (message || suggested) email.setAttribute("aria-invalid", "true");
      else email.removeAttribute("aria-invalid");
      if (!suggested) return;
      var use = child(suggestion, "button", "tocsin-use",
          WORDS.meant.replace("%", suggested.slice(suggested.lastIndexOf("@") + 1)));
      use.type = "button";
      if (!message) child(suggestion, "span", "", " " + WORDS.sure);
      use.addEventListener("click", function () {
        email.value = suggested;
        asTyped = suggested;
        show("", "");
        email.focus();
      });
    }

    function done(answer) {
      var panel = make("div", "tocsin-done");
      panel.setAttribute("role", "status");
      panel.tabIndex = -1;
      child(panel, "p", "tocsin-title", answer.title);
      child(panel, "p", "", answer.message);
      var box = form.closest(".tocsin");
      if (box) {
        // What stands below the box stays where it is.
        box.style.minHeight = box.getBoundingClientRect().height + "px";
        box.querySelectorAll(".tocsin-title, .tocsin-lead").forEach(function (part) {
          part.hidden = true;
        });
      }
      form.hidden = true;
      form.insertAdjacentElement("afterend", panel);
      panel.focus();
    }

    function fail(message) {
      show("", "");
      error.textContent = message;
    }

    email.addEventListener("input", function () {
      if (error.textContent || suggestion.textContent) show("", "");
    });

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (busy) return;
      var typed = email.value.trim();
      if (!typed || typed.indexOf("@") < 1) {
        show(WORDS.bad, "");
        email.focus();
        return;
      }
      busy = true;
      button.setAttribute("aria-disabled", "true");
      form.setAttribute("aria-busy", "true");
      var body = new URLSearchParams(new FormData(form));
      body.set("page_url", location.origin + location.pathname);
      body.set("can_prove", "yes");
      if (formTime) body.set("form_time", formTime);
      if (asTyped) body.set("as_typed", asTyped);
      // What is filled in sooner is taken for a program's, but a browser that fills in the address
      // by itself is as quick.
      var early = since + WORDS.fill - performance.now();
      new Promise(function (ready) {
        setTimeout(ready, Math.max(0, early));
      }).then(function () {
        return send(body, 2);
      }).catch(function () {
        fail(WORDS.failed);
      }).then(function () {
        busy = false;
        button.removeAttribute("aria-disabled");
        form.removeAttribute("aria-busy");
      });
    });

    // `proofs`: how often we are ready to work for it.
    function send(body, proofs) {
      return fetch(form.action, {
        method: "POST",
        body: body,
        headers: {Accept: "application/json"},
        credentials: "omit",
        referrerPolicy: "no-referrer"
      }).then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) return done(answer);
          if (response.status === 428 && proofs > 0) {
            return prove(answer.challenge).then(function (proof) {
              body.set("proof", proof);
              return send(body, proofs - 1);
            });
          }
          if (response.status === 422) {
            asTyped = answer.suggestion && !answer.error ? body.get("email").trim() : "";
            show(answer.error || "", answer.suggestion || "");
            email.focus();
          } else {
            fail(response.status === 429 ? WORDS.limited : WORDS.failed);
          }
        });
      });
    }
  }

  // <div data-tocsin-list="breaking" data-tocsin-name="The Harbour Post" data-tocsin-privacy="...">
  function build(place) {
    if (place.firstElementChild) return;
    var id = "tocsin-" + place.dataset.tocsinList;
    place.style.minHeight = place.offsetHeight + "px";  // what embed.css has kept free for it
    place.classList.add("tocsin");
    place.lang = WORDS.lang;
    place.dir = WORDS.dir;
    child(place, "p", "tocsin-kicker", WORDS.kicker);
    child(place, "h2", "tocsin-title", place.dataset.tocsinName || WORDS.inbox);
    child(place, "p", "tocsin-lead", WORDS.lead);
    var form = make("form", "tocsin-form");
    form.method = "post";
    form.action = origin + "/lists/" + encodeURIComponent(place.dataset.tocsinList) +
        "/signup?lang=" + WORDS.lang;  // the words that the reader saw are what is recorded
    form.setAttribute("data-tocsin", "");
    var label = child(form, "label", "tocsin-label", WORDS.email);
    label.htmlFor = id;
    var row = child(form, "div", "tocsin-row");
    var email = child(row, "input", "tocsin-email");
    email.type = "email";
    email.name = "email";
    email.id = id;
    email.autocomplete = "email";
    email.required = true;
    child(row, "button", "tocsin-button", WORDS.button).type = "submit";
    var check = child(form, "label", "tocsin-check");
    var marketing = child(check, "input");
    marketing.type = "checkbox";
    marketing.name = "marketing";
    marketing.value = "yes";
    child(check, "span", "", WORDS.marketing);
    var small = child(form, "p", "tocsin-small", WORDS.promise + " ");
    var privacy = child(small, "a", "", WORDS.privacy);
    privacy.href = place.dataset.tocsinPrivacy || origin + "/privacy";
    place.appendChild(form);
  }

  function start() {
    document.querySelectorAll("[data-tocsin-list]").forEach(build);
    document.querySelectorAll("form[data-tocsin]").forEach(enhance);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
