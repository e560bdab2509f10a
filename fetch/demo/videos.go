package demo

import (
	"embed"
	"slices"

	"firstframe/fetch/fetchtest"
)

// clips are the videos that can be downloaded.
//
//go:embed clips/*.mp4
var clips embed.FS

// Videos returns the videos made from the pictures, the newest first. Two can be downloaded. Some
// are special: several from one picture, one from two pictures, one from none, one that is not
// finished, and two that the service does not show.
func Videos() []fetchtest.Video {
	list := make([]fetchtest.Video, len(orders))
	for i, o := range orders {
		v := fetchtest.Video{Prompt: o.prompt, Status: o.status, Files: o.files, Created: hour(o.created), Width: 1366, Height: 768,
			Model: "I2V-01", Seconds: 6}
		if o.clip != "" {
			v.Clip, v.Paid = clip(o.clip), true
		}
		if len(o.files) == 0 {
			v.Model = "T2V-01"
			v.DrawCover = func() []byte { return sketch{w: 1366, h: 768, draw: dunes}.bytes(300, 1) }
		}
		list[i] = v
	}
	slices.SortStableFunc(list, func(a, b fetchtest.Video) int { return b.Created.Compare(a.Created) })
	return list
}

// clip returns the bytes of a file in clips.
func clip(name string) []byte {
	data, err := clips.ReadFile("clips/" + name)
	if err != nil {
		panic(err) // a typing mistake in the table below
	}
	return data
}

// order is a video that was ordered from the service.
type order struct {
	created string // the hour, in UTC
	status  int
	files   []string // names of the source pictures
	clip    string   // name of a file in clips; "" when there is none
	prompt  string
}

// from returns the names of an order's source pictures.
func from(names ...string) []string { return names }

// orders are all videos of the demo, in the order of their pictures.
var orders = []order{
	{"2024-07-02 07", fetchtest.Completed, from("misty-ridge-dawn.jpg"), "",
		"Mist drifts slowly through the valleys as the sun comes up behind the ridges. Static camera, calm, early morning light."},
	{"2024-07-05 21", fetchtest.Completed, from("low-sun-over-the-sea.jpg"), "low-sun.mp4",
		"Slow push in towards the sun, gentle swell on the water, the clouds hardly move. Warm golden hour, cinematic."},
	{"2024-07-05 22", fetchtest.Completed, from("low-sun-over-the-sea.jpg"), "",
		"The sun sinks below the horizon and the sky turns from orange to deep violet. Time lapse, locked-off shot."},
	{"2024-07-06 09", fetchtest.Moderated, from("low-sun-over-the-sea.jpg"), "",
		"A huge wave rises and runs towards the camera, chaos, disaster movie trailer."},
	{"2024-07-09 15", fetchtest.Completed, from("patchwork fields.jpg"), "",
		"Drone shot flying forward over the fields, shadows of clouds moving across the patchwork. Bright summer day."},
	{"2024-07-15 00", fetchtest.Completed, from("milky-way.jpg"), "",
		"Time lapse of the Milky Way turning above the horizon, one shooting star crosses from left to right."},
	{"2024-07-21 19", fetchtest.Completed, from("sailboat golden hour.jpg"), "",
		"The sailboat glides to the right, small ripples catch the light. Camera follows at the same speed, very smooth."},
	{"2024-07-21 20", fetchtest.Completed, from("teal-silk.jpg"), "",
		"Liquid silk folds and flows in teal and copper, highlights glide over it. Seamless loop, soft studio light."},
	{"2024-07-27 18", fetchtest.Completed, from("evening-dunes.jpg"), "",
		"Sand blows off the crest of the dunes in thin veils. Low sun, long shadows, the camera tracks slowly to the left."},
	{"2024-08-01 09", fetchtest.Completed, from("hailuo_first_frame_07.jpg"), "",
		"Fog rolls down into the valley and covers the trees, then the sun breaks through. No camera movement."},
	{"2024-08-01 10", fetchtest.Completed, from("hailuo_first_frame_07.jpg"), "",
		"Same valley, crane up slowly until only the peaks stand out of the fog. Epic, 35mm film look."},
	{"2024-08-13 00", fetchtest.Completed, from("lighthouse-at-nightfall.jpg"), "lighthouse.mp4",
		"Slow pull back from the lighthouse, its beam sweeps through the dusk. Painterly, quiet, stars come out."},
	{"2024-08-13 01", fetchtest.Completed, from("lighthouse-at-nightfall.jpg"), "",
		"A storm is coming: dark clouds race over the lighthouse, rain, flashes of lightning behind the horizon. Handheld."},
	{"2024-08-20 21", fetchtest.Completed, from("red-mesa.jpg"), "",
		"Dust devils wander past the mesa, heat shimmer over the ground. Wide western shot, the camera pans to the right."},
	{"2024-08-23 13", fetchtest.Completed, from("soap-bubble.png"), "",
		"Macro shot, the colours on the soap bubble swirl and run, and at the very end it pops in slow motion."},
	{"2024-08-29 17", fetchtest.Completed, from("ink-in-water.jpg"), "",
		"Ink blooms and sinks through clear water in slow motion. White background, elegant, abstract."},
	{"2024-09-03 08", fetchtest.Completed, from("above-the-clouds.jpg"), "",
		"Flying forward just above a sea of clouds at sunrise. Smooth, dreamlike, lens flare when the sun clears the haze."},
	{"2024-09-10 22", fetchtest.Completed, nil, "",
		"Endless dunes at dusk seen from a low drone, a line of footprints leads to the horizon. Photorealistic, soft light, 16:9."},
	{"2024-09-14 07", fetchtest.Completed, from("hot-air balloons.jpg"), "",
		"The balloons rise slowly and drift past each other, burners flare up now and then. Peaceful morning, slight parallax."},
	{"2024-09-24 08", fetchtest.Completed, from("forest_in_fog.jpg"), "",
		"Walking pace through the fog between the spruces, light shafts, a bird flies up in the distance. Steadicam."},
	{"2024-09-28 21", fetchtest.Completed, from("paper lanterns.jpg"), "",
		"Hundreds of paper lanterns float up into the night sky, flames flicker. Camera tilts up with them, emotional, vertical video."},
	{"2024-10-04 23", fetchtest.Completed, from("night-skyline.jpg", "rain-on-the-window.jpg"), "",
		"Lights go on and off in the towers, then the camera pulls back through the window and raindrops run down the glass. Lo-fi mood."},
	{"2024-10-05 08", 7, from("night-skyline.jpg"), "",
		"The lights of the whole city fail one block after another until everything is dark. Sirens, panic in the streets."},
	{"2024-10-12 03", fetchtest.Completed, from("aurora over fjord.png"), "",
		"Northern lights dance over the fjord and are mirrored in the water. Real-time, not sped up. Green and violet."},
	{"2024-10-22 21", fetchtest.Completed, from("ringed-planet.jpg"), "",
		"The spaceship's view: slow orbit around the ringed planet, shadow of the rings moves over its face. Silent, majestic."},
	{"2024-10-27 17", fetchtest.Completed, from("alpenglow.jpg"), "",
		"Last light climbs up the peaks & fades, first stars appear. Time lapse <10 s>, no people, no text."},
	{"2024-11-02 13", fetchtest.Completed, from("totality.jpg"), "",
		"The corona shimmers around the black sun, then a \"diamond ring\" flashes as the eclipse ends."},
	{"2024-11-19 18", fetchtest.Completed, from("first-snow.jpg"), "",
		"Thick snowflakes fall straight down, no wind, smoke curls up from the cabin, its windows glow warmly. Cozy, static shot."},
	{"2024-11-20 07", fetchtest.Processing, from("first-snow.jpg"), "",
		"The snow melts in time lapse and spring flowers come up in its place."},
}
