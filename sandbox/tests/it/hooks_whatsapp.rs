//! Every shape of WhatsApp's webhook, by what is particular about it.

use kopru_sandbox::hooks::Door;
use serde_json::{Value, json};

use crate::hooks_catalogue::assert_shapes;

#[test]
fn whatsapp() {
    let referral = |more: Value| {
        let base = json!({
            "source_url": "https://fb.me/xyz", "source_id": "1202", "source_type": "ad", "headline": "Offer",
            "body": "Chat with us", "media_type": "image", "image_url": "https://example.com/i.jpg",
            "ctwa_clid": "ARAexample", "welcome_message": { "text": "Hello" },
        });
        crate::changed(&base, &more)
    };
    let click = |more: Value| ("/messages/0/referral", referral(more));
    let kind = |name: &str| ("/messages/0/type", json!(name));
    let no_referral = || ("/messages/0/referral", Value::Null);
    let video = json!({
        "media_type": "video", "image_url": null, "video_url": "https://example.com/v.mp4",
        "thumbnail_url": "https://example.com/t.jpg",
    });
    let by_user_id = || ("/contacts/0/user_id", json!("TR.15511912345678"));
    let from_user_id = || ("/messages/0/from_user_id", json!("TR.15511912345678"));
    let no_user_id = || ("/messages/0/from_user_id", Value::Null);
    let hash = || json!("29ed500fa64eb55fc19dc4124acb300e5dcc54a0f822a301ae99944db5c4a1f8");
    let field = |name: &str| ("/entry/0/changes/0/field", json!(name));
    let context = || ("/messages/0/context", json!({ "from": "15551230000", "id": "wamid.business.77" }));
    let status = |name: &str| ("/statuses/0/status", json!(name));
    assert_shapes(
        Door::Whatsapp,
        "/entry/0/changes/0/value",
        &[
            (
                "ad-click",
                &[
                    click(json!({})),
                    ("/object", json!("whatsapp_business_account")),
                    ("/entry/0/id", json!("100200300400500")),
                    ("/entry/0/changes/0/field", json!("messages")),
                    ("/messaging_product", json!("whatsapp")),
                    ("/metadata/phone_number_id", json!("106540352242922")),
                    (
                        "/contacts",
                        json!([{
                            "profile": { "name": "Zoë/Ana 😀" }, "wa_id": "5511912345678",
                            "user_id": "TR.15511912345678",
                        }]),
                    ),
                    from_user_id(),
                    ("/messages/0/from_parent_user_id", Value::Null),
                    ("/messages/0/from", json!("5511912345678")),
                    ("/messages/0/id", json!("wamid.77")),
                    ("/messages/0/timestamp", json!("1763884700")),
                    ("/messages/0/text/body", json!("Ürün?")),
                    ("/messages/1", Value::Null),
                ],
            ),
            ("ad-click-video", &[click(video), kind("text")]),
            ("ad-click-audio", &[click(json!({})), kind("audio"), ("/messages/0/audio/voice", json!(true))]),
            (
                "ad-click-by-username",
                &[
                    click(json!({})),
                    by_user_id(),
                    ("/contacts/0/parent_user_id", json!("TR.ENT.25511912345678")),
                    ("/contacts/0/wa_id", Value::Null),
                    ("/messages/0/from", Value::Null),
                    from_user_id(),
                    ("/messages/0/from_parent_user_id", json!("TR.ENT.25511912345678")),
                ],
            ),
            (
                "ad-click-older",
                &[
                    click(json!({})),
                    no_user_id(),
                    ("/contacts", json!([{ "profile": { "name": "Zoë/Ana 😀" }, "wa_id": "5511912345678" }])),
                    ("/messages/0/from", json!("5511912345678")),
                ],
            ),
            (
                "ad-click-withheld",
                &[no_referral(), kind("unsupported"), ("/messages/0/errors/0/code", json!(131_060))],
            ),
            ("ad-click-bare", &[("/messages/0/referral", json!({ "ctwa_clid": "ARAexample" }))]),
            (
                "ad-click-image-id",
                &[click(json!({ "image_url": null, "image": { "id": "1003383421387256" } }))],
            ),
            ("post-click", &[click(json!({ "source_type": "post" }))]),
            ("status-ad", &[click(json!({ "ctwa_clid": null }))]),
            ("empty-clid", &[click(json!({ "ctwa_clid": "" }))]),
            ("text", &[no_referral(), kind("text"), by_user_id(), from_user_id()]),
            (
                "text-with-parent-id",
                &[
                    no_referral(),
                    by_user_id(),
                    ("/contacts/0/wa_id", json!("5511912345678")),
                    ("/contacts/0/parent_user_id", json!("TR.ENT.25511912345678")),
                ],
            ),
            ("text-older", &[no_referral(), no_user_id(), ("/contacts/0/user_id", Value::Null)]),
            ("text-by-username", &[no_referral(), by_user_id(), ("/messages/0/from", Value::Null)]),
            ("identity-check", &[("/contacts/0/identity_key_hash", json!("DF2lS5v2W6x="))]),
            ("reply", &[context(), kind("text")]),
            ("image", &[kind("image"), ("/messages/0/image/caption", json!("Ürün?"))]),
            ("audio", &[kind("audio"), no_referral()]),
            ("video", &[kind("video"), ("/messages/0/video/mime_type", json!("video/mp4"))]),
            (
                "document",
                &[
                    kind("document"),
                    ("/messages/0/document/filename", json!("order.pdf")),
                    ("/messages/0/document/sha256", hash()),
                ],
            ),
            (
                "sticker",
                &[
                    kind("sticker"),
                    ("/messages/0/sticker/animated", json!(false)),
                    ("/messages/0/sticker/sha256", hash()),
                    (
                        "/messages/0/sticker/url",
                        json!("https://example.com/whatsapp_business/attachments/?mid=1"),
                    ),
                ],
            ),
            ("location", &[kind("location"), ("/messages/0/location/latitude", json!(41.01))]),
            ("contacts", &[kind("contacts"), ("/messages/0/contacts/0/name/formatted_name", json!("Can"))]),
            ("button", &[context(), kind("button"), ("/messages/0/button/text", json!("Ürün?"))]),
            (
                "interactive-button",
                &[context(), kind("interactive"), ("/messages/0/interactive/button_reply/id", json!("yes"))],
            ),
            (
                "interactive-list",
                &[context(), kind("interactive"), ("/messages/0/interactive/type", json!("list_reply"))],
            ),
            ("reaction", &[kind("reaction"), ("/messages/0/reaction/emoji", json!("👍"))]),
            ("order", &[kind("order"), ("/messages/0/order/product_items/0/item_price", json!(49.9))]),
            ("unknown-type", &[kind("hologram")]),
            (
                "unsupported",
                &[
                    no_referral(),
                    ("/messages/0/unsupported/type", json!("unknown")),
                    ("/messages/0/errors/0/code", json!(131_051)),
                ],
            ),
            (
                "edit",
                &[
                    kind("edit"),
                    ("/messages/0/edit/original_message_id", json!("wamid.77.1")),
                    ("/messages/0/edit/message/text/body", json!("Ürün?")),
                ],
            ),
            ("revoke", &[kind("revoke"), ("/messages/0/revoke/original_message_id", json!("wamid.77.1"))]),
            ("request-welcome", &[kind("request_welcome"), ("/messages/0/request_welcome", Value::Null)]),
            ("group-text", &[kind("text"), ("/messages/0/group_id", json!("Y2FwaV9ncm91cDox"))]),
            (
                "number-changed",
                &[
                    ("/contacts", Value::Null),
                    ("/messages/0/from", json!("5511912345678")),
                    ("/messages/0/system/type", json!("user_changed_number")),
                    ("/messages/0/system/wa_id", json!("5511912345679")),
                    ("/messages/0/system/user_id", json!("TR.15511912345679")),
                    ("/messages/0/system/previous_user_id", json!("TR.15511912345678")),
                ],
            ),
            (
                "number-changed-older",
                &[
                    no_user_id(),
                    ("/messages/0/system/type", json!("customer_changed_number")),
                    ("/messages/0/system/customer", json!("5511912345678")),
                    ("/messages/0/system/wa_id", json!("5511912345679")),
                ],
            ),
            (
                "user-id-changed",
                &[
                    ("/contacts", Value::Null),
                    ("/messages/0/from", Value::Null),
                    no_user_id(),
                    ("/messages/0/system/user_id", json!("TR.15511912345679")),
                    ("/messages/0/system/previous_user_id", json!("TR.15511912345678")),
                ],
            ),
            (
                "user-id-update",
                &[
                    field("user_id_update"),
                    ("/contacts/0/wa_id", json!("5511912345679")),
                    (
                        "/user_id_update/0/user_id",
                        json!({ "previous": "TR.15511912345678", "current": "TR.15511912345679" }),
                    ),
                    ("/user_id_update/0/timestamp", json!("1763884700")),
                    ("/messages", Value::Null),
                ],
            ),
            (
                "echo",
                &[
                    field("smb_message_echoes"),
                    ("/message_echoes/0/from", json!("15551230000")),
                    ("/message_echoes/0/to", json!("5511912345678")),
                    ("/messages", Value::Null),
                ],
            ),
            (
                "history",
                &[
                    field("history"),
                    ("/history/0/metadata/phase", json!(0)),
                    ("/history/0/threads/0/id", json!("5511912345678")),
                    ("/history/0/threads/0/messages/0/referral", referral(json!({}))),
                    ("/history/0/threads/0/messages/0/from", json!("5511912345678")),
                    ("/history/0/threads/0/messages/1/to", json!("5511912345678")),
                ],
            ),
            (
                "history-declined",
                &[
                    field("history"),
                    ("/history/0/errors/0/code", json!(2_593_109)),
                    ("/history/0/threads", Value::Null),
                ],
            ),
            (
                "marketing-stopped",
                &[field("user_preferences"), ("/user_preferences/0/value", json!("stop")), by_user_id()],
            ),
            (
                "status-sent",
                &[
                    status("sent"),
                    ("/statuses/0/timestamp", json!("1763884700")),
                    ("/statuses/0/recipient_id", json!("5511912345678")),
                    ("/messages", Value::Null),
                    ("/statuses/0/recipient_user_id", json!("TR.15511912345678")),
                    ("/contacts", json!([{ "wa_id": "5511912345678", "user_id": "TR.15511912345678" }])),
                ],
            ),
            ("status-delivered", &[status("delivered"), ("/statuses/0/errors", Value::Null)]),
            ("status-read", &[status("read")]),
            (
                "status-failed",
                &[status("failed"), ("/statuses/0/errors/0/code", json!(131_047)), by_user_id()],
            ),
            (
                "status-undeliverable",
                &[
                    status("failed"),
                    ("/statuses/0/errors/0/code", json!(131_026)),
                    ("/statuses/0/recipient_user_id", Value::Null),
                    ("/contacts", json!([{ "wa_id": "5511912345678" }])),
                ],
            ),
            (
                "status-older",
                &[
                    status("delivered"),
                    ("/contacts", Value::Null),
                    ("/statuses/0/recipient_user_id", Value::Null),
                ],
            ),
            ("errors", &[("/errors/0/code", json!(130_429)), ("/messages", Value::Null)]),
            (
                "automatic-lead",
                &[
                    ("/entry/0/changes/0/field", json!("automatic_events")),
                    (
                        "/automatic_events",
                        json!([{
                            "id": "automatic.77", "event_name": "LeadSubmitted", "timestamp": "1763884700",
                            "ctwa_clid": "ARAexample",
                        }]),
                    ),
                ],
            ),
            (
                "automatic-purchase",
                &[
                    ("/automatic_events/0/event_name", json!("Purchase")),
                    ("/automatic_events/0/custom_data", json!({ "currency": "TRY", "value": 12.5 })),
                ],
            ),
            (
                "batch",
                &[
                    click(json!({})),
                    ("/messages/1/id", json!("wamid.77.2")),
                    ("/messages/1/referral", Value::Null),
                    ("/contacts/1", Value::Null),
                    ("/entry/0/changes/1/value/statuses/0/status", json!("delivered")),
                    ("/entry/1/id", json!("1002003004005009")),
                    ("/entry/1/changes/0/value/messages/0/from", json!("55119123456789")),
                ],
            ),
        ],
    );
}
