package gallery

import (
	"cmp"
	"slices"
	"strconv"
)

// MergeVideos takes over what a listing says about the image's videos. Videos that are no longer
// listed stay, as images do, and a clip stays with its video. It keeps the newest videos, at most
// maxVideos. It also keeps only the prompts of the newest videos, at most maxPrompts bytes.
func (m *Image) MergeVideos(listed []Video) {
	at := map[string]int{}
	for i, v := range m.Videos {
		at[v.Key] = i
	}
	for _, v := range listed {
		i, known := at[v.Key]
		if !known {
			at[v.Key] = len(m.Videos)
			m.Videos = append(m.Videos, v)
			continue
		}
		v.Clip, v.Withheld = cmp.Or(v.Clip, m.Videos[i].Clip), cmp.Or(v.Withheld, m.Videos[i].Withheld)
		if v.Created.IsZero() {
			v.Created = m.Videos[i].Created
		}
		v.Model, v.Seconds = cmp.Or(v.Model, m.Videos[i].Model), cmp.Or(v.Seconds, m.Videos[i].Seconds)
		m.Videos[i] = v
	}
	SortVideos(m.Videos)
	m.Videos = m.Videos[:min(len(m.Videos), maxVideos)]
	prompts := 0
	for i := range m.Videos {
		v := &m.Videos[i]
		if prompts += len(v.Prompt); prompts > maxPrompts {
			v.Prompt = ""
		}
	}
}

// Merge takes the renditions and everything about the original from n, which has the same bytes. If
// n comes from another file, its keys are added, and its name and date win if it was uploaded
// earlier: the order in which files are met must not matter. If one of the two is hidden, the
// result is hidden.
func (m *Image) Merge(n Image) {
	if m.Hidden || n.Hidden {
		m.Used = m.WasUsed() || n.WasUsed()
		m.Bury(uniqueKeys(slices.Concat(m.Keys, n.Keys)))
		return
	}
	first, second := *m, n
	if len(m.Keys) == 0 || len(n.Keys) > 0 && n.before(m) {
		first, second = n, *m
	}
	made, stripped := n, min(m.Stripped, n.Stripped) // clips can come from m and from n
	*m = first
	m.Stripped = stripped
	m.Keys = uniqueKeys(slices.Concat(first.Keys, second.Keys))
	m.Listed = first.Listed || second.Listed
	m.Used = first.Used || second.Used
	m.Source = BetterSource(first.Source, second.Source)
	m.Generated = cmp.Or(first.Generated, second.Generated)
	if len(m.Folders) == 0 {
		m.Folders = second.Folders
	}
	m.MergeVideos(second.Videos)
	m.Type, m.Width, m.Height, m.Bytes, m.SHA256 = made.Type, made.Width, made.Height, made.Bytes, made.SHA256
	m.Color, m.Tints, m.Camera, m.Renditions, m.Original, m.Withheld = made.Color, made.Tints, made.Camera, made.Renditions, made.Original, made.Withheld
}

// BetterSource returns the source that says more: the listing of files has names, the listing of
// images says how they were made, and the listing of videos has at least the date of the upload.
func BetterSource(a, b string) string {
	for _, source := range []string{SourceFiles, SourceImages, SourceVideos, SourceFolder} {
		if a == source || b == source {
			return source
		}
	}
	return cmp.Or(a, b)
}

// before reports whether the file of m comes before the file of n, by date and then by key.
func (m *Image) before(n *Image) bool {
	return cmp.Or(m.Uploaded.Compare(n.Uploaded), cmp.Compare(m.Keys[0], n.Keys[0])) < 0
}

// AddKeys adds keys of files with the bytes of the image. The first key stays the first.
func (m *Image) AddKeys(keys []string) { m.Keys = uniqueKeys(slices.Concat(m.Keys, keys)) }

// uniqueKeys leaves the first key in its place, sorts the others, and drops repeated ones. It keeps
// at most maxKeys. A file with a dropped key is downloaded again by each run, and recognized by its
// bytes.
func uniqueKeys(keys []string) []string {
	if len(keys) == 0 {
		return nil
	}
	rest := slices.Clone(keys[1:])
	slices.Sort(rest)
	rest = slices.DeleteFunc(slices.Compact(rest), func(k string) bool { return k == keys[0] })
	return append([]string{keys[0]}, rest[:min(len(rest), maxKeys-1)]...)
}

// mergeDuplicates merges images with the same slug. No run writes such a state, but with one, every
// run would write the page of both in turn.
func mergeDuplicates(images []Image) []Image {
	if !hasDuplicates(images) {
		return images
	}
	at := map[string]int{}
	var merged []Image
	for _, m := range images {
		i, known := at[m.Slug]
		if !known {
			at[m.Slug] = len(merged)
			merged = append(merged, m)
			continue
		}
		one, other := merged[i], m
		// A hidden image stays hidden. If neither or both are hidden, the renditions of the image
		// that has more are kept.
		if other.Hidden && !one.Hidden || other.Hidden == one.Hidden && len(other.Renditions) <= len(one.Renditions) {
			one, other = other, one
		}
		one.Merge(other)
		merged[i] = one
	}
	return merged
}

// hasDuplicates reports whether two images have the same slug.
func hasDuplicates(images []Image) bool {
	slugs := make([]uint64, len(images)) // a third of the memory of strings, and faster to sort
	for i := range images {
		slugs[i], _ = strconv.ParseUint(images[i].Slug, 16, 64) // Valid has checked the form
	}
	slices.Sort(slugs)
	return len(slices.Compact(slugs)) < len(images)
}
