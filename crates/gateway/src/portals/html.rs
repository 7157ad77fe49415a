//! What the pages of a site look like. Texts are somebody's, so all of them are escaped, and Markdown
//! makes neither HTML of its own nor links that run anything.

use std::borrow::Cow;
use std::fmt::Write as _;

use api::apigatewayv2::CustomColors;
use documents::apigatewayv2_portals::{PortalSiteDocument, SiteEndpoint, SitePage, SiteProduct};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};

use super::try_it;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Where links may lead.
const SCHEMES: [&str; 3] = ["https:", "http:", "mailto:"];

const LAYOUT: &str = "
*{box-sizing:border-box}
body{margin:0;font:16px/1.6 system-ui,sans-serif;color:var(--text);background:var(--background)}
header{display:flex;align-items:center;gap:1rem;padding:.9rem 1.5rem;background:var(--header)}
header a{color:inherit;text-decoration:none;font-weight:600;font-size:1.15rem}
header img{height:2rem}
.columns{display:flex;max-width:72rem;margin:0 auto}
nav{flex:0 0 16rem;padding:1.5rem;background:var(--navigation)}
nav ul{list-style:none;margin:0 0 1rem;padding:0}
nav h2{font-size:.85rem;margin:1rem 0 .25rem;text-transform:uppercase;letter-spacing:.04em}
main{flex:1;min-width:0;padding:1.5rem 2rem}
a{color:var(--accent)}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{overflow:auto;padding:1rem;border:1px solid var(--accent);border-radius:.4rem}
table{border-collapse:collapse}
td,th{border:1px solid var(--accent);padding:.3rem .6rem;text-align:left}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:1rem;padding:0;list-style:none}
.cards li{border:1px solid var(--accent);border-radius:.5rem;padding:1rem}
header .sign-out{margin-left:auto;font-size:1rem;font-weight:400}
.try-it{display:grid;gap:.75rem;max-width:40rem}
.try-it label{display:grid;gap:.2rem;font-size:.9rem}
.try-it input,.try-it select,.try-it textarea,.try-it button{font:inherit;padding:.4rem .6rem;border:1px solid \
var(--accent);border-radius:.3rem;color:inherit;background:transparent}
.try-it button{justify-self:start;cursor:pointer}
.try-it :invalid:not(:placeholder-shown){border-color:var(--error)}
.try-it pre{max-height:30rem;white-space:pre-wrap;overflow-wrap:anywhere}
.method{font-weight:700;color:var(--accent)}
@media(max-width:44rem){.columns{display:block}nav{padding:1rem 1.5rem}}
";

/// The style sheet. Colors were checked when they were given; one that is none is left out.
pub(super) fn style(colors: &CustomColors) -> String {
    let mut css = String::from(":root{");
    for (name, color) in [
        ("accent", &colors.accent_color),
        ("background", &colors.background_color),
        ("error", &colors.error_validation_color),
        ("header", &colors.header_color),
        ("navigation", &colors.navigation_color),
        ("text", &colors.text_color),
    ] {
        if color.strip_prefix('#').is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit())) {
            let _ = write!(css, "--{name}:{color};");
        }
    }
    css.push('}');
    css.push_str(LAYOUT);
    css
}

/// The page that lists the products.
pub(super) fn home(site: &PortalSiteDocument) -> String {
    let mut main = format!("<h1>{}</h1>\n<p>{}</p>\n", escaped(&site.title), escaped(&site.description));
    main.push_str("<ul class=\"cards\">\n");
    for product in &site.products {
        let (name, title) = (product_name(product), escaped(&product.title));
        let about = escaped(&product.description);
        let _ = writeln!(main, "<li><a href=\"{name}\">{title}</a><p>{about}</p></li>");
    }
    main.push_str("</ul>\n");
    whole(site, &site.title, None, &main)
}

/// A product: its overview if it has one, and what else it has.
pub(super) fn product(site: &PortalSiteDocument, product: &SiteProduct) -> String {
    let mut main =
        format!("<h1>{}</h1>\n<p>{}</p>\n", escaped(&product.title), escaped(&product.description));
    if let Some(overview) = product.pages.first() {
        main.push_str(&markdown(&overview.body));
    }
    whole(site, &product.title, Some(product), &main)
}

/// A page of a product.
pub(super) fn page(site: &PortalSiteDocument, product: &SiteProduct, page: &SitePage) -> String {
    let main = format!("<h1>{}</h1>\n{}", escaped(&page.title), markdown(&page.body));
    whole(site, &page.title, Some(product), &main)
}

/// An endpoint of a product, with a form to try it if `tried`.
pub(super) fn endpoint(
    site: &PortalSiteDocument,
    product: &SiteProduct,
    endpoint: &SiteEndpoint,
    tried: bool,
) -> String {
    let SiteEndpoint { page, method, path, endpoint: address, .. } = endpoint;
    let main = format!(
        "<h1>{}</h1>\n<p><span class=\"method\">{method}</span> <code>{}</code></p>\n{}\n<h2>Request</h2>\n<pre>curl \
         -X {method} '{}'</pre>\n{}",
        escaped(&page.title),
        escaped(path),
        markdown(&page.body),
        escaped(&address.replace('\'', "%27")),
        if tried { try_it::form(endpoint) } else { String::new() },
        method = escaped(method),
    );
    whole(site, &page.title, Some(product), &main)
}

/// The names of pages: ids are letters and digits.
pub(super) fn product_name(product: &SiteProduct) -> String {
    format!("product-{}", product.id)
}

pub(super) fn page_name(product: &SiteProduct, page: &SitePage) -> String {
    format!("page-{}-{}", product.id, page.id)
}

pub(super) fn endpoint_name(product: &SiteProduct, endpoint: &SiteEndpoint) -> String {
    format!("endpoint-{}-{}", product.id, endpoint.page.id)
}

fn whole(site: &PortalSiteDocument, title: &str, product: Option<&SiteProduct>, main: &str) -> String {
    let logo = site.logo_uri.as_deref().map(|uri| format!("<img src=\"{}\" alt=\"\">", escaped(uri)));
    let navigation = product.map(navigation).unwrap_or_default();
    let (title, name, logo) = (escaped(title), escaped(&site.title), logo.unwrap_or_default());
    let leave = match site.sign_in {
        Some(_) => "<a class=\"sign-out\" href=\"sign-out\">Sign out</a>",
        None => "",
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<link rel=\"stylesheet\" \
         href=\"style.css\">\n</head>\n<body>\n<header>{logo}<a href=\"./\">{name}</a>{leave}</header>\n<div \
         class=\"columns\">\n{navigation}<main>\n{main}</main>\n</div>\n</body>\n</html>\n"
    )
}

fn navigation(product: &SiteProduct) -> String {
    let mut nav = String::from("<nav>\n<ul>\n");
    let link = |nav: &mut String, name: &str, text: &str| {
        let _ = writeln!(nav, "<li><a href=\"{name}\">{}</a></li>", escaped(text));
    };
    link(&mut nav, &product_name(product), &product.title);
    for page in &product.pages {
        link(&mut nav, &page_name(product, page), &page.title);
    }
    nav.push_str("</ul>\n");
    for section in &product.sections {
        let _ = writeln!(
            nav,
            "<h2>{}</h2>\n<ul>",
            escaped(if section.name.is_empty() { "Endpoints" } else { &section.name })
        );
        for endpoint in &section.endpoints {
            let text = format!("{} {}", endpoint.method, endpoint.page.title);
            link(&mut nav, &endpoint_name(product, endpoint), &text);
        }
        nav.push_str("</ul>\n");
    }
    nav.push_str("</nav>\n");
    nav
}

/// Markdown as HTML (API Gateway developer guide: GitHub Flavored Markdown). HTML in it is shown as it
/// is written.
fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: harmless(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: harmless(dest_url), title, id })
        }
        other => other,
    });
    let mut html = String::with_capacity(text.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// The address, if it is one that only leads somewhere.
fn harmless(address: CowStr<'_>) -> CowStr<'_> {
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    let leads = !scheme.contains(':')
        || SCHEMES
            .iter()
            .any(|known| address.get(..known.len()).is_some_and(|own| own.eq_ignore_ascii_case(known)));
    if leads { address } else { CowStr::Borrowed("") }
}

pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_runs_nothing() {
        for (text, expected) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
            ("[a](javascript:alert(1))", "<p><a href=\"\">a</a></p>\n"),
            ("[a](JaVaScRiPt:alert(1))", "<p><a href=\"\">a</a></p>\n"),
            ("[a](data:text/html,x)", "<p><a href=\"\">a</a></p>\n"),
            ("[a](HTTPS://a.example/?b=c:d)", "<p><a href=\"HTTPS://a.example/?b=c:d\">a</a></p>\n"),
            ("[a](b?c=d:e)", "<p><a href=\"b?c=d:e\">a</a></p>\n"),
            ("**b** | `c`", "<p><strong>b</strong> | <code>c</code></p>\n"),
        ] {
            assert_eq!(markdown(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_are_no_markup() {
        assert_eq!(escaped("a<b>\"c\"&'d'"), "a&lt;b&gt;&quot;c&quot;&amp;&#39;d&#39;");
        let site = PortalSiteDocument {
            host: String::new(),
            domain: None,
            sign_in: None,
            secret_path: String::new(),
            ends: None,
            title: "</title><script>".to_owned(),
            description: "<img>".to_owned(),
            colors: CustomColors { accent_color: "red}*{".to_owned(), ..CustomColors::default() },
            logo_uri: Some("https://a/\"><script>".to_owned()),
            products: Vec::new(),
        };
        let home = home(&site);
        assert!(!home.contains("<script>") && !home.contains("<img>"), "{home}");
        assert!(!style(&site.colors).contains("red"));
    }
}
