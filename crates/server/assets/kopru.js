// The tag of Kopru: tells the server that it comes from what happens in a page, once somebody may be told of.
//
// It never throws into the page: whatever the page calls, or calls it, is guarded. It needs no library and makes no
// request elsewhere. The syntax is that of 2009, so that no browser stumbles over it. What only people need is taken off
// when it is sent.
(function () {
  // Put here by the server.
  var settings = SETTINGS;
  var w = window, d = document, n = navigator, place = w.location;
  var QUEUE_MAX = 20, BODY_MAX = 60000, DAY = 86400, COOKIE_DAYS = 90, CONSENT_DAYS = 180;
  var CONSENT = '_kopru', STORAGE = 'kopru';
  // What Meta's pixel calls an event of its own; all others are custom ones.
  var STANDARD = ' AddPaymentInfo AddToCart AddToWishlist CompleteRegistration Contact CustomizeProduct Donate FindLocation InitiateCheckout Lead PageView Purchase Schedule Search StartTrial SubmitApplication Subscribe ViewContent ';

  function safe(call) {
    return function () {
      try { return call.apply(this, arguments); } catch (error) { /* The page goes on. */ }
    };
  }

  var stub = w.kopru;
  // A second tag on a page does nothing.
  if (stub && stub.tag) { return; }

  var script = d.currentScript || d.querySelector('script[src*="/kopru.js?key=' + settings.key + '"]');
  if (!script) { return; }
  var target = script.src.split('/kopru.js')[0] + '/collect/' + settings.key;
  var landed = place.search, landedAt = Date.now(), path = place.pathname;
  var forbidden = n.globalPrivacyControl === true || n.globalPrivacyControl === '1';
  var consent, asked, landing, clickId, user = {};
  // Events that wait for a yes, for the server, and for the pixel.
  var waiting = [], queue = [], forPixel = [];
  // How many of the queue are under way, how often sending failed, and how many hashes are being made.
  var under = 0, failures = 0, hashing = 0, timer;
  var pixel, pixelTold, pixelGone, pixelId, pixelUser;

  // --- What is kept in the browser ---

  function readCookie(name) {
    var parts = safe(function () { return ('; ' + d.cookie).split('; ' + name + '='); })() || [];
    return parts.length > 1 ? parts[1].split(';')[0] : '';
  }

  // Writes a cookie on the highest domain that takes it, as Meta's library does; what is written depends on which that
  // is. Returns what the browser kept.
  function writeCookie(name, make, days) {
    var labels = place.hostname.split('.'), end = '; path=/; max-age=' + days * DAY + '; SameSite=Lax';
    if (place.protocol === 'https:') { end += '; Secure'; }
    for (var i = 1; i <= labels.length + 1; i++) {
      // The last try is without a domain: an address, or a name of one label.
      var on = i > labels.length ? '' : '; domain=' + labels.slice(-i).join('.');
      var value = make(Math.min(i, labels.length) - 1);
      try { d.cookie = name + '=' + value + end + on; } catch (error) { return ''; }
      if (value && readCookie(name) === value) { return value; }
    }
    return '';
  }

  function dropCookie(name) {
    writeCookie(name, function () { return ''; }, 0);
  }

  function same(value) {
    return function () { return value; };
  }

  function stored() {
    return safe(function () { return JSON.parse(w.localStorage.getItem(STORAGE)); })() || {};
  }

  // What could not be sent waits for the next page; where a visitor landed is told with each event.
  var save = safe(function (unsent) {
    if (allowed()) { w.localStorage.setItem(STORAGE, JSON.stringify({ landing: landing, queue: unsent || [] })); }
  });

  // --- Consent ---

  function allowed() {
    return consent === 'yes' || (consent !== 'no' && !settings.required);
  }

  function say(answer) {
    if (forbidden || (answer !== 'yes' && answer !== 'no')) { return; }
    consent = answer;
    if (answer === 'yes') {
      writeCookie(CONSENT, same('yes'), CONSENT_DAYS);
      begin();
      return;
    }
    waiting = []; queue = []; forPixel = []; user = {}; landing = {}; landed = ''; clickId = '';
    dropCookie('_fbp'); dropCookie('_fbc'); dropCookie(CONSENT);
    safe(function () { w.localStorage.removeItem(STORAGE); })();
    // Where nobody has to say yes, a no has to be remembered.
    if (!settings.required) { writeCookie(CONSENT, same('no'), CONSENT_DAYS); }
  }

  // --- Who came, and by which ad ---

  function made(name, at, what) {
    return writeCookie(name, function (index) { return 'fb.' + index + '.' + at + '.' + what; }, COOKIE_DAYS);
  }

  function browserId() {
    var known = readCookie('_fbp');
    if (/^fb\.\d{1,2}\.\d{1,13}\.\d+(\.[\w-]{2}|\.[\w-]{8})?$/.test(known)) { return known; }
    return made('_fbp', Date.now(), Math.floor(Math.random() * 2147483647));
  }

  function click() {
    var known = readCookie('_fbc');
    known = /^fb\.\d{1,2}\.\d{1,13}\.[\w-]+(\.[\w-]{2}|\.[\w-]{8})?$/.test(known) ? known : '';
    if (!clickId || known.split('.')[3] === clickId) { return known; }
    // Where no cookie stays, the page knows it as long as it lives.
    return made('_fbc', landedAt, clickId) || 'fb.1.' + landedAt + '.' + clickId;
  }

  function readLanding() {
    var found = {}, some;
    var pairs = landed.slice(1).split('&');
    for (var i = 0; i < pairs.length; i++) {
      var at = pairs[i].indexOf('='), name = pairs[i].slice(0, at);
      var value = at > 0 && safe(decodeURIComponent)(pairs[i].slice(at + 1).replace(/\+/g, ' '));
      if (!value) { continue; }
      // Facebook appends its own to an address that was shared, so the last one counts.
      if (name === 'fbclid') {
        if (/^[\w-]{1,1024}$/.test(value) && !/^(undefined|null|true|false)$/i.test(value)) { clickId = value; }
      } else if (/^(utm_\w+|(g|tt)clid|[gw]braid|msclkid|li_fat_id|(campaign|ad|ad_?set|adgroup)_?id)$/.test(name) && value.length <= 512) {
        found[name] = value;
        some = 1;
      }
    }
    landing = some ? found : stored().landing || {};
  }

  // --- Sending ---

  function later(wait) {
    if (timer === undefined) {
      timer = w.setTimeout(safe(function () { timer = undefined; flush(); }), wait);
    }
  }

  function body(events) {
    var now = Date.now(), told = { fbp: browserId(), fbc: click(), landing: landing, user: user, events: [] };
    for (var i = 0; i < events.length; i++) {
      var one = events[i];
      told.events.push({ name: one.name, id: one.id, ago: now - one.at, url: one.url, data: one.data });
    }
    if (consent === 'yes') { told.consent = 'yes'; }
    if (pixel) { told.pixel = pixelTold = pixel; }
    return JSON.stringify(told);
  }

  function post(text, withCookies, done) {
    // A same-origin request would tell the page's whole address otherwise.
    var options = { method: 'POST', body: text, keepalive: true, referrerPolicy: 'origin' };
    options.credentials = withCookies ? 'include' : 'omit';
    w.fetch(target, options).then(function (answer) { done(answer.status); }, function () { done(0); });
  }

  function flush(leaving) {
    if (!allowed() || hashing || (under && !leaving)) { return; }
    var events = queue.slice(under, under + QUEUE_MAX), text = body(events);
    while (text.length > BODY_MAX && events.length > 1) {
      events = events.slice(0, events.length >> 1);
      text = body(events);
    }
    if (!events.length) { return; }
    if (text.length > BODY_MAX) { queue.splice(under, 1); return flush(leaving); }
    if (leaving) {
      if (n.sendBeacon && n.sendBeacon(target, text)) { queue.splice(under, events.length); }
      save(queue);
      return;
    }
    post(text, true, safe(function (status) {
      if (!status || status === 408 || status === 429 || status >= 500) {
        under = 0;
        failures++;
        save(queue);
        later(Math.min(60000, 2000 * Math.pow(2, failures)));
        return;
      }
      queue.splice(0, under);
      under = 0;
      if (failures) { failures = 0; save(); }
      if (queue.length) { later(0); }
    }));
    under = events.length;
  }

  // --- The Meta pixel of the page ---

  function isPixelHere() {
    return typeof w.fbq === 'function';
  }

  function givePixel(event) {
    if (settings.apart) { return; }
    if (!isPixelHere()) {
      if (forPixel.length < QUEUE_MAX) { forPixel.push(event); }
      return;
    }
    try {
      if (user.external_id && pixelUser !== user.external_id) {
        pixelUser = user.external_id;
        w.fbq('init', settings.dataset, { external_id: pixelUser });
      }
      var kind = STANDARD.indexOf(' ' + event.name + ' ') < 0 ? 'trackSingleCustom' : 'trackSingle';
      w.fbq(kind, settings.dataset, event.name, event.data || {}, { eventID: event.id });
    } catch (error) {
      pixel = 'failed';
    }
  }

  // Looks whether the pixel has come; `last` says that it will not come any more.
  function lookAtPixel(last) {
    if (settings.apart || pixel === 'failed' || !allowed()) { return; }
    if (isPixelHere()) {
      while (forPixel.length) { givePixel(forPixel.shift()); }
      if (pixel !== 'failed') {
        pixel = w.fbq.callMethod ? 'sent' : pixelGone || last ? 'blocked' : undefined;
      }
    } else if (last) {
      forPixel = [];
      pixel = 'none';
    }
    if (last && pixel && pixelTold !== pixel) { safe(post)(body([]), false, function () {}); }
  }

  // --- What the page calls ---

  function give(event) {
    browserId();
    givePixel(event);
    lookAtPixel();
    if (queue.length >= QUEUE_MAX) { queue.splice(under, 1); }
    queue.push(event);
    later(failures ? 2000 : 50);
  }

  function track(name, data, options) {
    if (typeof name !== 'string' || !name || consent === 'no') { return; }
    data = data === undefined ? undefined : JSON.parse(JSON.stringify(data));
    var id = options && options.eventID, order = data && data.order_id;
    // The shop's server names a purchase by its order, so that both are one.
    if (!id && name === 'Purchase' && order) { id = order; }
    if (!id) { id = Date.now() + String(Math.random()).slice(1); }
    var event = { name: name, id: String(id), at: Date.now(), url: place.href, data: data };
    if (allowed()) { give(event); } else if (waiting.length < QUEUE_MAX) { waiting.push(event); }
  }

  function identify(who) {
    if (!who || consent === 'no') { return; }
    user = {};
    if (who.external_id) { user.external_id = String(who.external_id); }
    var email = who.em && String(who.em), phone = who.ph && String(who.ph);
    if (!settings.hash) {
      if (email) { user.em = email; }
      if (phone) { user.ph = phone; }
      return;
    }
    if (email) { hash('em', email.trim().toLowerCase()); }
    // Only a number with its country can be hashed as Meta wants it.
    if (phone && /^\s*(\+|00)/.test(phone)) { hash('ph', phone.replace(/\D/g, '').replace(/^0+/, '')); }
  }

  function hash(key, text) {
    if (/^[0-9a-f]{64}$/i.test(text)) { user[key] = text; return; }
    // Without it (a page that is not https) nothing of it leaves.
    if (!w.crypto || !w.crypto.subtle || !w.TextEncoder) { return; }
    var of = user;
    hashing++;
    var done = function (bytes) {
      hashing--;
      if (bytes) {
        of[key] = Array.prototype.map.call(new Uint8Array(bytes), function (byte) { return ('0' + byte.toString(16)).slice(-2); }).join('');
      }
      later(0);
    };
    w.crypto.subtle.digest('SHA-256', new w.TextEncoder().encode(text)).then(safe(done), safe(function () { done(); }));
  }

  var commands = { consent: say, track: track, identify: identify };

  var kopru = safe(function (name) {
    if (Object.prototype.hasOwnProperty.call(commands, name)) {
      commands[name].apply(null, Array.prototype.slice.call(arguments, 1));
    }
  });
  kopru.tag = 1;

  // --- What happens in the page ---

  function tracked(element) {
    var text = function (name) { return element.getAttribute('data-kopru-' + name); };
    var data = {}, value = parseFloat(text('value')), currency = text('currency');
    if (value === value) { data.value = value; }
    if (currency) { data.currency = currency; }
    track(text('event'), data, { eventID: text('id') });
  }

  var clicked = safe(function (event) {
    for (var element = event.target; element && element.getAttribute; element = element.parentNode) {
      if (element.getAttribute('data-kopru-event')) {
        // A form is told of when it is sent.
        if (element.tagName !== 'FORM') { tracked(element); }
        return;
      }
    }
  });

  var submitted = safe(function (event) {
    if (event.target.getAttribute('data-kopru-event')) { tracked(event.target); }
  });

  var moved = safe(function () {
    if (place.pathname !== path) {
      path = place.pathname;
      track('PageView');
    }
  });

  function watch(name) {
    var original = w.history[name];
    var watched = function () {
      var result = original.apply(this, arguments);
      moved();
      return result;
    };
    Object.defineProperty(w.history, name, { configurable: true, writable: true, value: watched });
  }

  // From here on events may leave: at once, or since somebody said yes.
  function begin() {
    if (!landing) { readLanding(); }
    click();
    save();
    var events = waiting;
    waiting = [];
    for (var i = 0; i < events.length; i++) { give(events[i]); }
    w.setTimeout(safe(function () { lookAtPixel(true); }), 5000);
  }

  function start() {
    var calls = stub && stub.q || [], i;
    w.kopru = kopru;
    consent = forbidden ? 'no' : readCookie(CONSENT) || undefined;
    if (consent !== 'no') {
      if (allowed()) {
        // What is older the server would not take.
        queue = (stored().queue || []).filter(function (event) { return landedAt - event.at < DAY * 1000; });
        begin();
      }
      // What was said of consent and of who it is counts for the page view too.
      for (i = 0; i < calls.length; i++) { if (calls[i][0] !== 'track') { kopru.apply(null, calls[i]); } }
      if (consent !== 'no') { track('PageView'); }
      if (!allowed() && consent !== 'no') { safe(post)('{"unasked":true}', false, function () {}); }
    }
    for (i = 0; i < calls.length; i++) { if (calls[i][0] === 'track') { kopru.apply(null, calls[i]); } }
    d.addEventListener('click', clicked, true);
    d.addEventListener('submit', submitted, true);
    w.addEventListener('popstate', moved);
    w.addEventListener('load', safe(function () { lookAtPixel(); }));
    w.addEventListener('error', safe(function (event) {
      if (event.target && /\/fbevents\.js/.test(event.target.src)) { pixelGone = true; lookAtPixel(); }
    }), true);
    w.addEventListener('pagehide', safe(function () { flush(true); }));
    d.addEventListener('visibilitychange', safe(function () { if (d.visibilityState === 'hidden') { flush(true); } }));
    safe(watch)('pushState');
    safe(watch)('replaceState');
  }

  safe(start)();
})();
