package fetchtest

import (
	"image"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Demo returns the pictures of the demo gallery, the first upload first. They are drawn, not loaded, and are the same
// at every call; each is drawn when it is first asked for. Among them is what happens in a real account: a picture that was uploaded twice, a photo that lies on
// its side and tells where it was taken, and a file that is no picture.
func Demo() []Picture { return demo(1) }

// Draw returns a landscape, a sky or an abstract composition: which one, and which variant of it, depends on the seed.
func Draw(width, height int, seed uint64) image.Image {
	c := newCanvas(width, height, seed)
	sketches[seed%uint64(len(sketches))].draw(c)
	return c.image()
}

// sketch is a picture to be drawn.
type sketch struct {
	name     string
	w, h     int
	uploaded string // the hour, in UTC
	draw     func(*canvas)
	save     func(*canvas, func(*canvas)) []byte // nil: as a JPEG
}

// sketches are in the order of their uploads.
var sketches = []sketch{
	{"misty-ridge-dawn.jpg", 1920, 1080, "2024-07-02 06", mistyDawn, nil},
	{"homage-to-a-square.png", 900, 900, "2024-07-02 19", square, savePaletted},
	{"low-sun-over-the-sea.jpg", 1600, 900, "2024-07-05 20", lowSun, nil},
	{"stained-glass-sun.jpg", 1024, 1024, "2024-07-09 11", glass, nil},
	{"patchwork fields.jpg", 1216, 832, "2024-07-09 14", meadows, nil},
	{"paper-layers.jpg", 1024, 1024, "2024-07-09 14", paperCut, nil},
	{"milky-way.jpg", 900, 1600, "2024-07-14 23", milkyWay, nil},
	{"beach-final.jpg", 1280, 720, "2024-07-18 09", beach, nil},
	{"sailboat golden hour.jpg", 1024, 1024, "2024-07-21 18", sailboat, nil},
	{"teal-silk.jpg", 1280, 720, "2024-07-21 18", silkTeal, nil},
	{"evening-dunes.jpg", 1376, 768, "2024-07-27 17", dunes, nil},
	{"hailuo_first_frame_07.jpg", 1280, 720, "2024-08-01 08", mistyValley, nil},
	{"threads-in-the-wind.jpg", 864, 1080, "2024-08-03 15", flow, nil},
	{"perseids star trails.jpg", 1216, 832, "2024-08-12 22", starTrails, nil},
	{"lighthouse-at-nightfall.jpg", 832, 1216, "2024-08-12 23", lighthouse, nil},
	{"bauhaus-tiles.gif", 640, 640, "2024-08-16 10", bauhaus, saveGIF},
	{"archipelago_at_dusk.jpg", 2048, 858, "2024-08-20 19", islands, nil},
	{"red-mesa.jpg", 1216, 832, "2024-08-20 20", mesa, nil},
	{"soap-bubble.png", 900, 900, "2024-08-23 12", bubble, savePNG},
	{"ink-in-water.jpg", 896, 1120, "2024-08-29 16", ink, nil},
	{"julia-in-gold.jpg", 1152, 864, "2024-08-30 09", julia, nil},
	{"above-the-clouds.jpg", 1200, 900, "2024-09-03 07", cloudSea, nil},
	{"DSC00318.JPG", 1080, 1440, "2024-09-06 18", loneTree, savePhoto},
	{"orion-dust-nebula.jpg", 1280, 960, "2024-09-10 21", nebula, nil},
	{"wave-loop.gif", 400, 400, "2024-09-10 22", waves, saveLoop},
	{"hot-air balloons.jpg", 1216, 832, "2024-09-14 06", balloons, nil},
	{"moonlit-tide-story.jpg", 432, 768, "2024-09-18 22", moonSea, nil},
	{"contour-map.png", 1200, 900, "2024-09-18 13", contours, savePNG},
	{"forest_in_fog.jpg", 832, 1216, "2024-09-24 07", fogForest, nil},
	{"paper lanterns.jpg", 1080, 1920, "2024-09-28 20", lanterns, nil},
	{"overlapping-circles.jpg", 1152, 864, "2024-10-01 11", circles, nil},
	{"night-skyline.jpg", 1600, 900, "2024-10-04 21", city, nil},
	{"rain-on-the-window.jpg", 1376, 768, "2024-10-04 22", rainWindow, nil},
	{"mirror-lake.jpg", 1152, 864, "2024-10-08 08", lake, nil},
	{"coral-maze.jpg", 1024, 1024, "2024-10-11 14", coral, nil},
	{"aurora over fjord.png", 1280, 720, "2024-10-12 02", aurora, savePNG},
	{"ribbons_of_light.jpg", 1280, 720, "2024-10-15 17", ribbons, nil},
	{"blue-hour.jpg", 1536, 1024, "2024-10-19 18", blueHour, nil},
	{"ringed-planet.jpg", 1376, 768, "2024-10-22 20", ringedPlanet, nil},
	{"rose marble.jpg", 896, 1200, "2024-10-22 21", marble, nil},
	{"alpenglow.jpg", 1216, 832, "2024-10-27 16", alpenglow, nil},
	{"totality.jpg", 1024, 1024, "2024-11-02 12", eclipse, nil},
	{"lights-out-of-focus.jpg", 864, 1080, "2024-11-05 19", bokeh, nil},
	{"moon-over-the-sea.jpg", 1536, 640, "2024-11-09 22", moonSea, nil},
	{"two-moons.jpg", 1536, 640, "2024-11-13 15", redPlanet, nil},
	{"first-snow.jpg", 1152, 864, "2024-11-19 17", snowfall, nil},
}

// demo makes the pictures of all sketches, at a fraction of their size. Each is drawn when it is first downloaded, and
// as many at once as there are processors: a second run of the demo downloads nothing, and so draws nothing.
func demo(shrink int) []Picture {
	pictures := make([]Picture, len(sketches))
	processors := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range sketches {
		pictures[i] = Picture{
			Name: s.name, Type: fileType(s.name), Uploaded: hour(s.uploaded), Scene: 10, Status: 1,
			Draw: sync.OnceValue(func() []byte {
				processors <- struct{}{}
				defer func() { <-processors }()
				return s.bytes(uint64(i), shrink)
			}),
		}
	}
	return withOddities(pictures)
}

// bytes draws the sketch, and encodes it.
func (s sketch) bytes(seed uint64, shrink int) []byte {
	c := newCanvas(s.w/shrink, s.h/shrink, seed)
	save := s.save
	if save == nil {
		save = saveJPEG
	}
	return save(c, s.draw)
}

// withOddities adds what is no picture of its own: an upload that was repeated under another name, and a video that
// says it is a JPEG.
func withOddities(pictures []Picture) []Picture {
	i := slices.IndexFunc(pictures, func(p Picture) bool { return p.Name == "beach-final.jpg" })
	again := pictures[i]
	again.Name, again.Uploaded = "beach-final-v2.jpg", hour("2024-07-18 13")
	clip := Picture{Name: "clip.mp4", Type: "jpeg", Data: clipData(), Uploaded: hour("2024-08-23 12"), Scene: 10, Status: 1}
	pictures = append(pictures, again, clip)
	slices.SortStableFunc(pictures, func(a, b Picture) int { return a.Uploaded.Compare(b.Uploaded) })
	return pictures
}

// clipData is the beginning of an MP4, cut off.
func clipData() []byte {
	data := []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41\x00\x00\x00\x08free\x00\x04\x1f\x5amdat")
	for i := range 400 {
		data = append(data, byte(256*dice(i, 1)))
	}
	return data
}

// fileType is what the service calls a file of that name.
func fileType(name string) string {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".jpg":
		return "jpeg"
	default:
		return ext[1:]
	}
}

func hour(s string) time.Time {
	t, err := time.Parse("2006-01-02 15", s)
	if err != nil {
		panic(err) // in the table above
	}
	return t
}
