// Package render makes the site: it turns the state of a gallery and the owner's words into pages,
// and writes them to the output folder.
//
// What the owner gives is read before the first request. [LoadTheme] (theme.go, language.go) reads
// the templates, the assets and the words of the interface; customsheet.go finds slips in a
// custom.css. [LoadContent] (content.go) reads the owner's Markdown: its front matter
// (frontmatter.go), its text (markdown.go), and which caption belongs to which image (captions.go).
// Texts about tags and months are read and matched by topics.go. Both suggest names for misspelt
// ones (nearnames.go). What the links in the words lead to is in links.go. [LoadStatic] (static.go)
// reads the files that are published as they are. [CheckTemplates] (templates.go) and
// [Options.CheckSecrets] (secrets.go) find mistakes early, and mistakes.go collects them. All
// limits on what the owner gives are in limits.go.
//
// From the state to the pages. A pager (pager.go) drafts all pages: image pages (image.go), pages
// of months and tags (groups.go, tags.go), pages of older images, the owner's texts, and the index.
// A draft is cheap. It makes its page (page.go, site.go, text.go) only if something that the page
// depends on has changed. rows.go divides the tiles of a page among rows, related.go finds the images
// that the page of an image leads to, hues.go names the colours of an image, and label.go says what AI
// has made of it. Besides pages there are documents (documents.go): the search data (search.go), the
// feeds (feed.go) and the sitemap (sitemap.go). The schema.org data and link cards of a page are in
// linkeddata.go, and its description is made by descriptions.go.
//
// From the pages to the files. [Prepare] hashes everything that a site depends on, [Plan.UpToDate]
// compares that with the last run, and [Plan.Write] (build.go) writes the site. An [Output]
// (output.go, folders.go) is the output folder: locked, confined, and never written through a link.
// Each file is a temporary file first (write.go) and is written only if its bytes differ. The
// manifest (manifest.go) lists the files for the next run. The state is saved by save.go, brought
// back by restore.go, and media of earlier versions are cleaned by renew.go. provenance.go makes the
// media say how they were made. size.go sums up what is published.
//
// The order of writing keeps the site complete whenever the run is killed. The media are in place
// before [Plan.Write] begins. It stages all other files, so that an error leaves the old site
// untouched. Then they take their places:
//
//  1. assets and static files, which the pages need;
//  2. new image pages. Links to pages that do not exist yet are left out;
//  3. the other new pages, in the same way;
//  4. all changed pages except the index, with all their links;
//  5. the documents, which list pages;
//  6. the index, where a visit begins;
//  7. the copy of the state, and the state.
//
// Last, sweep.go blanks the pages that are gone, and removes the files that nothing refers to any
// more.
package render
