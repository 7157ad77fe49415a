//! The page of those who are not signed in. It says nothing of the portal.

pub(super) const STYLE: &str = "
body{margin:0;font:16px/1.6 system-ui,sans-serif;color:#1f2933;background:#f5f7f9}
main{max-width:24rem;margin:15vh auto 0;padding:2rem;background:#fff;border:1px solid #d5dbe1;border-radius:.5rem}
h1{margin:0 0 .5rem;font-size:1.4rem}
a{display:inline-block;padding:.5rem 1.25rem;color:#fff;background:#205493;border-radius:.3rem;text-decoration:none}
";

/// The page, whose link leads back to the portal's page `to`, a name of letters, digits and hyphens.
pub(super) fn page(base: &str, to: &str, text: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Sign in</title>\n<link rel=\"stylesheet\" \
         href=\"{base}sign-in.css\">\n</head>\n<body>\n<main>\n<h1>Sign in</h1>\n<p>{text}</p>\n<p><a \
         href=\"{base}sign-in?to={to}\">Sign in</a></p>\n</main>\n</body>\n</html>\n"
    )
}
