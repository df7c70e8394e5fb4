// The chat's page, byte for byte: the folder `web`.
#include "embedding.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "../../web/index.html"
};
static const unsigned char icon_svg[] = {
#embed "../../web/icon.svg"
};
static const unsigned char css_base_css[] = {
#embed "../../web/css/base.css"
};
static const unsigned char css_forms_css[] = {
#embed "../../web/css/forms.css"
};
static const unsigned char css_layout_css[] = {
#embed "../../web/css/layout.css"
};
static const unsigned char css_messages_css[] = {
#embed "../../web/css/messages.css"
};
static const unsigned char actions_js[] = {
#embed "../../web/js/actions.js"
};
static const unsigned char api_js[] = {
#embed "../../web/js/api.js"
};
static const unsigned char app_js[] = {
#embed "../../web/js/app.js"
};
static const unsigned char backoff_js[] = {
#embed "../../web/js/backoff.js"
};
static const unsigned char dom_js[] = {
#embed "../../web/js/dom.js"
};
static const unsigned char format_js[] = {
#embed "../../web/js/format.js"
};
static const unsigned char history_js[] = {
#embed "../../web/js/history.js"
};
static const unsigned char messages_js[] = {
#embed "../../web/js/messages.js"
};
static const unsigned char outbox_js[] = {
#embed "../../web/js/outbox.js"
};
static const unsigned char richtext_js[] = {
#embed "../../web/js/richtext.js"
};
static const unsigned char session_js[] = {
#embed "../../web/js/session.js"
};
static const unsigned char shortcuts_js[] = {
#embed "../../web/js/shortcuts.js"
};
static const unsigned char store_js[] = {
#embed "../../web/js/store.js"
};
static const unsigned char stream_js[] = {
#embed "../../web/js/stream.js"
};
static const unsigned char timeline_js[] = {
#embed "../../web/js/timeline.js"
};
static const unsigned char views_avatar_js[] = {
#embed "../../web/js/views/avatar.js"
};
static const unsigned char views_composer_js[] = {
#embed "../../web/js/views/composer.js"
};
static const unsigned char views_dialogs_js[] = {
#embed "../../web/js/views/dialogs.js"
};
static const unsigned char views_emoji_js[] = {
#embed "../../web/js/views/emoji.js"
};
static const unsigned char views_message_js[] = {
#embed "../../web/js/views/message.js"
};
static const unsigned char views_panel_js[] = {
#embed "../../web/js/views/panel.js"
};
static const unsigned char views_room_js[] = {
#embed "../../web/js/views/room.js"
};
static const unsigned char views_sidebar_js[] = {
#embed "../../web/js/views/sidebar.js"
};
static const unsigned char views_status_js[] = {
#embed "../../web/js/views/status.js"
};
static const unsigned char views_timeline_js[] = {
#embed "../../web/js/views/timeline.js"
};
static const unsigned char views_welcome_js[] = {
#embed "../../web/js/views/welcome.js"
};

static const struct cwebpage_file files[] = {
    FILE("", HTML, index_html),
    FILE("web/icon.svg", "image/svg+xml", icon_svg),
    FILE("web/css/base.css", STYLE, css_base_css),
    FILE("web/css/forms.css", STYLE, css_forms_css),
    FILE("web/css/layout.css", STYLE, css_layout_css),
    FILE("web/css/messages.css", STYLE, css_messages_css),
    FILE("web/js/actions.js", SCRIPT, actions_js),
    FILE("web/js/api.js", SCRIPT, api_js),
    FILE("web/js/app.js", SCRIPT, app_js),
    FILE("web/js/backoff.js", SCRIPT, backoff_js),
    FILE("web/js/dom.js", SCRIPT, dom_js),
    FILE("web/js/format.js", SCRIPT, format_js),
    FILE("web/js/history.js", SCRIPT, history_js),
    FILE("web/js/messages.js", SCRIPT, messages_js),
    FILE("web/js/outbox.js", SCRIPT, outbox_js),
    FILE("web/js/richtext.js", SCRIPT, richtext_js),
    FILE("web/js/session.js", SCRIPT, session_js),
    FILE("web/js/shortcuts.js", SCRIPT, shortcuts_js),
    FILE("web/js/store.js", SCRIPT, store_js),
    FILE("web/js/stream.js", SCRIPT, stream_js),
    FILE("web/js/timeline.js", SCRIPT, timeline_js),
    FILE("web/js/views/avatar.js", SCRIPT, views_avatar_js),
    FILE("web/js/views/composer.js", SCRIPT, views_composer_js),
    FILE("web/js/views/dialogs.js", SCRIPT, views_dialogs_js),
    FILE("web/js/views/emoji.js", SCRIPT, views_emoji_js),
    FILE("web/js/views/message.js", SCRIPT, views_message_js),
    FILE("web/js/views/panel.js", SCRIPT, views_panel_js),
    FILE("web/js/views/room.js", SCRIPT, views_room_js),
    FILE("web/js/views/sidebar.js", SCRIPT, views_sidebar_js),
    FILE("web/js/views/status.js", SCRIPT, views_status_js),
    FILE("web/js/views/timeline.js", SCRIPT, views_timeline_js),
    FILE("web/js/views/welcome.js", SCRIPT, views_welcome_js),
};

const struct cwebpage_file *cwebpage_files(size_t *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}
