package demo

// sketch is a picture that can be drawn.
type sketch struct {
	name     string
	w, h     int
	uploaded string // the hour, in UTC
	draw     func(*canvas)
	save     func(*canvas, func(*canvas)) []byte // draws and encodes; nil means saveJPEG
}

// sketches are all pictures of the demo, nearly in the order of their uploads. The index of a
// sketch is the seed of everything random in it, so new ones must be added at the end.
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

// bytes draws the sketch and encodes it.
func (s sketch) bytes(seed uint64, shrink int) []byte {
	c := newCanvas(s.w/shrink, s.h/shrink, seed)
	save := s.save
	if save == nil {
		save = saveJPEG
	}
	return save(c, s.draw)
}
